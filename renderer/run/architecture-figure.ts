import { counted, formatFixed, formatMemory } from '../../main/domain/format.ts';
import { escape, type FigureColours } from '../charts/svg.ts';
import type { ReplicaLimits, ReplicaWords } from './replica-words.ts';

/** The load generator and its replicas as the screen shows them (source report Fig 1). */
export interface ArchitectureValue {
  readonly trial: number;
  /** "(4, 1.20, 230)" */
  readonly tuple: string;
  readonly configuration: string;
  /** Lines about the load generator, its name first. */
  readonly generator: readonly string[];
  readonly replicas: readonly ReplicaWords[];
  readonly limits: ReplicaLimits;
}

const WIDTH = 960;
const COLUMNS = 4;
const TILE = { left: 258, width: 159, height: 84, gap: 12, step: 118 };
const TOP = 92;
const GENERATOR = { x: 24, width: 190 };

/** Tiles in rows of four, each hanging on the line from the load generator. Pure. */
export function architectureSvg({ trial, tuple, configuration, generator, replicas, limits }: ArchitectureValue, colours: FigureColours, note = ''): string {
  const rows = Math.max(Math.ceil(replicas.length / COLUMNS), 1);
  const height = TOP + rows * TILE.step + 34;
  const label = `Architecture of trial ${trial}: ${generator.join(', ')}; ${counted(replicas.length, 'replica')}.`;
  const trunk = GENERATOR.x + GENERATOR.width + 24;
  const lineOf = (row: number): number => TOP + row * TILE.step - 14;
  const generatorMiddle = TOP + TILE.height / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(label)}" font-family="${escape(colours.font)}">`,
    `<title>${escape(label)}</title><rect width="${WIDTH}" height="${height}" fill="${colours.background}"/>`,
    `<text x="24" y="34" font-size="17" font-weight="600" fill="${colours.text}">Architecture of trial ${trial}<tspan dx="10" font-size="13" font-weight="400" fill="${colours.quietText}">${escape(tuple)}  ${escape(configuration)}</tspan></text>`,
    `<path d="M${GENERATOR.x + GENERATOR.width} ${generatorMiddle}H${trunk}M${trunk} ${Math.min(lineOf(0), generatorMiddle)}V${Math.max(lineOf(rows - 1), generatorMiddle)}" fill="none" stroke="${colours.axis}" stroke-width="1.5"/>`,
    box(GENERATOR.x, TOP, GENERATOR.width, TILE.height, colours),
    ...generator.map((line, i) => word(line, GENERATOR.x + 10, TOP + 20 + i * 18, i === 0 ? colours.text : colours.quietText, 'start', i === 0)),
    ...replicas.map((words, i) => {
      const [row, column] = [Math.floor(i / COLUMNS), i % COLUMNS];
      const x = TILE.left + column * (TILE.width + TILE.gap);
      const y = TOP + row * TILE.step;
      const middle = x + TILE.width / 2;
      return `<path d="M${column === 0 ? trunk : middle - TILE.width - TILE.gap} ${lineOf(row)}H${middle}V${y}" fill="none" stroke="${colours.axis}" stroke-width="1.5"/>${tile(words, i, x, y, limits, colours)}`;
    }),
    note === '' ? '' : word(note, 24, height - 14, colours.quietText),
    '</svg>',
  ].join('\n');
}

function tile(words: ReplicaWords, index: number, x: number, y: number, limits: ReplicaLimits, colours: FigureColours): string {
  const dot = { answering: colours.role.best, behind: colours.role.acquisition, gone: colours.role.random, starting: colours.background }[words.mark];
  const inner = TILE.width - 20;
  const meter = (top: number, name: string, share: number | null, text: string): string =>
    `${word(name, x + 10, top, colours.quietText)}${word(text, x + TILE.width - 10, top, colours.quietText, 'end')}` +
    `<rect x="${x + 10}" y="${top + 4}" width="${inner}" height="4" fill="${colours.grid}"/><rect x="${x + 10}" y="${top + 4}" width="${Math.round(inner * (share ?? 0) * 10) / 10}" height="4" fill="${colours.role.neutral}"/>`;
  return [
    box(x, y, TILE.width, TILE.height, colours, words.mark === 'starting'),
    `<circle cx="${x + 14}" cy="${y + 14}" r="3.5" fill="${dot}" stroke="${words.mark === 'starting' ? colours.quietText : dot}"/>`,
    word(`Replica ${index + 1}`, x + 23, y + 18, colours.text, 'start', true), word(words.word, x + TILE.width - 10, y + 18, colours.quietText, 'end'),
    meter(y + 40, 'CPU', words.cpuShare, `${words.cpuText} of ${formatFixed(limits.cpuCores, 2)} cores`),
    meter(y + 65, 'Memory', words.memoryShare, `${words.memoryText} of ${formatMemory(limits.memoryMb)}`),
  ].join('');
}

function box(x: number, y: number, width: number, height: number, colours: FigureColours, dashed = false): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5" fill="${colours.background}" stroke="${colours.axis}"${dashed ? ' stroke-dasharray="4 3"' : ''}/>`;
}

function word(text: string, x: number, y: number, colour: string, anchor: 'start' | 'end' = 'start', strong = false): string {
  return `<text x="${x}" y="${y}" font-size="${strong ? 12 : 11}"${strong ? ' font-weight="600"' : ''} fill="${colour}" text-anchor="${anchor}">${escape(text)}</text>`;
}
