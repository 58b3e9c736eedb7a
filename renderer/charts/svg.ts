import { fieldBand } from './field.ts';
import { axisTitle, isOutside, legendOf, type Annotation, type Axis, type ChartValue, type Field, type Mark, type Panel, type Role, type Series } from './chart-value.ts';

/** Colours of a figure on paper: one per role, and the four greys. */
export interface FigureColours {
  readonly role: Readonly<Record<Role, string>>;
  readonly text: string;
  readonly quietText: string;
  readonly background: string;
  readonly grid: string;
  readonly axis: string;
  /** From the worst to the best band of a field. */
  readonly heat: readonly string[];
  readonly font: string;
}

interface Plot {
  readonly panel: Panel;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const WIDTH = 960;
const HEIGHT = 600;
const LEFT = 72;
const RIGHT = 40;
const TOP = 78;
const BOTTOM = 58;
const SIZE = 12;
/** Fills what cannot run; the same in every figure. */
const HATCH = 'servescape-infeasible';

/** Of a word in a small size; a guess that errs on the wide side. */
function widthOf(text: string): number {
  return text.length * (SIZE - 1) * 0.56;
}

/** The chart as a figure of lines and text: every mark, title, finding, units, legend; `note` at the foot. Pure. */
export function toSvg(chart: ChartValue, colours: FigureColours, note = ''): string {
  const total = chart.panels.reduce((sum, { weight }) => sum + weight, 0);
  const gap = 34;
  const room = HEIGHT - TOP - BOTTOM - gap * (chart.panels.length - 1);
  const hasBrackets = chart.panels.some(({ annotations }) => annotations.some(({ kind }) => kind === 'bracket'));
  const right = WIDTH - RIGHT - (hasBrackets ? 50 : 0);
  let top = TOP;
  const panels = chart.panels.map((panel, i) => {
    const height = (room * panel.weight) / total;
    const plot: Plot = { panel, x: scale(chart.x, LEFT, right), y: scale(panel.y, top + height, top), left: LEFT, right, top, bottom: top + height };
    top += height + gap;
    return drawPanel(plot, chart, colours, i === chart.panels.length - 1);
  });
  let next = right;
  const legend = legendOf(chart).toReversed().map(({ role, text }) => {
    next -= widthOf(text) + 30;
    return `${marker(role, next + 20, 48, colours, false)}${word(text, next + 29, 52, colours.quietText, 'start', SIZE - 1)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escape(chart.name)}" font-family="${escape(colours.font)}">`,
    `<title>${escape(chart.name)}</title><rect width="${WIDTH}" height="${HEIGHT}" fill="${colours.background}"/>`,
    `<defs><pattern id="${HATCH}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="${colours.background}"/><path d="M0 0V5" stroke="${colours.axis}" stroke-width="1.2"/></pattern></defs>`,
    `<text x="24" y="34" font-size="17" font-weight="600" fill="${colours.text}">${escape(chart.title)}<tspan dx="10" font-size="13" font-weight="400" fill="${colours.quietText}">${escape(chart.finding)}</tspan></text>`,
    ...(legend.length > 1 ? legend : []), ...panels,
    word(axisTitle(chart.x), right, HEIGHT - 16, colours.quietText, 'end'), note === '' ? '' : word(note, 24, HEIGHT - 16, colours.quietText, 'start'),
    '</svg>',
  ].join('\n');
}

function scale({ scale: kind, min, max }: Axis, from: number, to: number): (value: number) => number {
  const place = kind === 'log' ? (value: number): number => Math.log(Math.max(value, min) / min) / Math.log(max / min) : (value: number): number => (value - min) / (max - min || 1);
  return (value) => Math.round((from + place(value) * (to - from)) * 100) / 100;
}

function drawPanel(plot: Plot, chart: ChartValue, colours: FigureColours, isLast: boolean): string {
  const { panel, x, y, left, right, top, bottom } = plot;
  const clip = `clip-${chart.id.replace(/[^\w-]/g, '')}-${Math.round(top)}`;
  const title = [panel.title, axisTitle(panel.y)].filter(Boolean).join(' · ');
  const key = panel.annotations.some(({ kind }) => kind === 'field') ? 13 : 0;
  return [
    `<clipPath id="${clip}"><rect x="${left - 6}" y="${top - 6}" width="${right - left + 12}" height="${bottom - top + 12}"/></clipPath>`,
    title.trim() === '' ? '' : word(title, 24, top - 15 - key, colours.quietText, 'start'),
    ...panel.y.ticks.map(({ value, text }) => `<line x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}" stroke="${colours.grid}"/>${word(text, left - 8, y(value) + 4, colours.quietText, 'end')}`),
    `<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${colours.axis}"/>`,
    ...(isLast ? chart.x.ticks.map(({ value, text }) => `<line x1="${x(value)}" x2="${x(value)}" y1="${bottom}" y2="${bottom + 4}" stroke="${colours.axis}"/>${word(text, x(value), bottom + 17, colours.quietText, 'middle')}`) : []),
    `<g clip-path="url(#${clip})">`,
    ...panel.annotations.map((one) => shape(one, plot, chart.x, colours)),
    ...panel.series.map((series) => drawSeries(series, plot, chart, colours)),
    ...panel.rug.marks.map((mark) => `<line x1="${x(mark.x)}" x2="${x(mark.x)}" y1="${bottom - 9}" y2="${bottom - 1}" stroke="${colours.role.failed}" stroke-width="2"/>`),
    '</g>',
    ...panel.annotations.map((one) => words(one, plot, colours)),
    rugText(plot, colours),
  ].join('\n');
}

/** After the last tick, or above the row where there is no room. */
function rugText({ panel: { rug }, x, right, bottom }: Plot, colours: FigureColours): string {
  if (rug.marks.length === 0) return '';
  const after = x(Math.max(...rug.marks.map((mark) => mark.x))) + 6;
  const fits = after + widthOf(rug.text) < right;
  return word(rug.text, fits ? after : right, fits ? bottom - 2 : bottom - 14, colours.quietText, fits ? 'start' : 'end', SIZE - 1);
}

/** How strong a mark outside the brush still is. */
const FAINT = 0.2;

function drawSeries(series: Series, { x, y }: Plot, chart: ChartValue, colours: FigureColours): string {
  const colour = colours.role[series.role];
  switch (series.kind) {
    case 'line': {
      const path = series.points.map((point, i) => (i === 0 ? `M${x(point.x)} ${y(point.y)}` : series.stepped ? `H${x(point.x)}V${y(point.y)}` : `L${x(point.x)} ${y(point.y)}`)).join('');
      return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.75"${series.dashed ? ' stroke-dasharray="4 3"' : ''}/>`;
    }
    case 'band': {
      const along = [...series.low, ...series.high.toReversed()].map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.x)} ${y(point.y)}`).join('');
      return `<path d="${along}Z" fill="${colour}" fill-opacity="${series.opacity}"/>`;
    }
    case 'points': {
      const faint = (mark: Mark, drawn: string): string => (isOutside(chart, mark) ? `<g opacity="${FAINT}">${drawn}</g>` : drawn);
      const whiskers = series.marks.map((mark) => (mark.low === undefined || isOutside(chart, mark) || mark.high === undefined ? '' : `<line x1="${x(mark.x)}" x2="${x(mark.x)}" y1="${y(mark.low)}" y2="${y(mark.high)}" stroke="${colour}" stroke-width="1.25"/>`));
      return whiskers.join('') + series.marks.map((mark) => faint(mark, series.size === 'dot' ? dot(colour, x(mark.x), y(mark.y), series.hollow, colours.background) : marker(series.role, x(mark.x), y(mark.y), colours, series.hollow))).join('');
    }
    case 'threads':
      return series.threads.map(({ points, mark }) => `<path d="${points.map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.x)} ${y(point.y)}`).join('')}" fill="none" stroke="${colour}" stroke-width="${series.strong ? 2.5 : 1.25}" stroke-opacity="${isOutside(chart, mark) ? FAINT * 0.5 : series.strong ? 1 : 0.6}"${series.role === 'failed' ? ' stroke-dasharray="2 3"' : ''}/>`).join('');
  }
}

function dot(colour: string, x: number, y: number, hollow: boolean, background: string): string {
  return hollow ? `<circle cx="${x}" cy="${y}" r="2.6" fill="${background}" stroke="${colour}" stroke-width="1.25"/>` : `<circle cx="${x}" cy="${y}" r="1.3" fill="${colour}"/>`;
}

const STAR = 'M0-6.6L1.75-2.4 6.28-2.04 2.82.92 3.88 5.34 0 2.97-3.88 5.34-2.82.92-6.28-2.04-1.75-2.4Z';

/** Shape repeats what colour says. */
function marker(role: Role, x: number, y: number, colours: FigureColours, hollow: boolean): string {
  const colour = colours.role[role];
  const look = hollow ? `fill="${colours.background}" stroke="${colour}" stroke-width="1.75"` : `fill="${colour}"`;
  if (role === 'best') return `<path d="${STAR}" transform="translate(${x} ${y})" ${look}/>`;
  if (role === 'bayes') return `<path d="M0-5L5 0 0 5-5 0Z" transform="translate(${x} ${y})" ${look}/>`;
  if (role === 'user') return `<rect x="${x - 3.5}" y="${y - 3.5}" width="7" height="7" ${look}/>`;
  if (role === 'failed') return `<line x1="${x}" x2="${x}" y1="${y - 4}" y2="${y + 4}" stroke="${colour}" stroke-width="2"/>`;
  return `<circle cx="${x}" cy="${y}" r="4" ${look}/>`;
}

function shape(one: Annotation, plot: Plot, xAxis: Axis, colours: FigureColours): string {
  const { x, y, left, right, top, bottom } = plot;
  switch (one.kind) {
    case 'vertical':
      return `<line x1="${x(one.x)}" x2="${x(one.x)}" y1="${top}" y2="${bottom}" stroke="${one.dashed ? colours.axis : colours.role[one.role]}"${one.dashed ? ' stroke-dasharray="2 3"' : ''}/>`;
    case 'horizontal':
      return `<line x1="${one.from === undefined ? left : x(one.from)}" x2="${one.to === undefined ? right : x(one.to)}" y1="${y(one.y)}" y2="${y(one.y)}" stroke="${one.role === 'baseline' ? colours.text : colours.role[one.role]}" stroke-width="1.5"${one.dashed ? ' stroke-dasharray="5 3"' : ''}/>`;
    case 'region':
      return `<rect x="${x(one.from)}" y="${top}" width="${Math.max(x(one.to) - x(one.from), 0)}" height="${bottom - top}" ${one.fill === 'future' ? `fill="${colours.grid}" fill-opacity="0.4"` : `fill="url(#${HATCH})"`}/>`;
    case 'bar':
      return `<rect x="${x(0)}" y="${y(one.y) - 9}" width="${x(one.to) - x(0)}" height="18" fill="${colours.role[one.role]}"/><path d="M${x(one.low)} ${y(one.y)}H${x(one.high)}" stroke="${colours.text}" stroke-width="1.5"/>`;
    case 'box': {
      const colour = colours.role[one.role];
      const middle = y(one.y);
      return `<g stroke="${colour}" stroke-width="1.5"><path d="M${x(one.low)} ${middle}H${x(one.q1)}M${x(one.q3)} ${middle}H${x(one.high)}"/><rect x="${x(one.q1)}" y="${middle - 10}" width="${x(one.q3) - x(one.q1)}" height="20" fill="${colour}" fill-opacity="0.18"/><path d="M${x(one.median)} ${middle - 10}v20" stroke-width="2.5"/></g>`;
    }
    case 'scale':
      return `<path d="M${x(one.x)} ${y(0)}V${y(1)}${one.ticks.map(({ value }) => `M${x(one.x) - 3} ${y(value)}h6`).join('')}" stroke="${colours.axis}"/>`;
    case 'brush':
      return `<rect x="${x(one.x) - 6}" y="${y(one.high) - 3}" width="12" height="${y(one.low) - y(one.high) + 6}" rx="3" fill="${colours.role.accent}" fill-opacity="0.18" stroke="${colours.role.accent}" stroke-width="1.5"/>`;
    case 'field':
      return field(one, plot, xAxis, colours);
    case 'bracket':
      return '';
    case 'text':
      return '';
  }
}

const FIELD_CELLS = { across: 240, down: 150 };

/** The bands of a field as rectangles, neighbours of one band in one. */
function field(one: Field, { panel, x, y, left, right, top, bottom }: Plot, xAxis: Axis, colours: FigureColours): string {
  /** Middle of each cell in the axis's unit, and where the cell begins. */
  const cells = ({ scale: kind }: Axis, of: readonly number[], place: (value: number) => number, count: number): readonly (readonly [number, number])[] => {
    const [low, high] = [of[0]!, of[of.length - 1]!];
    const at = (share: number): number => (kind === 'log' ? low * (high / low) ** share : low + (high - low) * share);
    return Array.from({ length: count }, (_, i) => [at((i + 0.5) / count), place(at(i / count))] as const);
  };
  const columns = cells(xAxis, one.xs, x, FIELD_CELLS.across);
  const rows = cells(panel.y, one.ys, y, FIELD_CELLS.down);
  const cell = { width: (x(one.xs[one.xs.length - 1]!) - x(one.xs[0]!)) / columns.length, height: (y(one.ys[0]!) - y(one.ys[one.ys.length - 1]!)) / rows.length };
  const parts: string[] = [`<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="${colours.background}"/>`];
  for (const [value, edge] of rows) {
    let from = 0;
    let band = fieldBand(one, columns[0]![0], value);
    for (let i = 1; i <= columns.length; i++) {
      const next = i === columns.length ? null : fieldBand(one, columns[i]![0], value);
      if (next === band) continue;
      const look = band === 'blocked' ? `fill="url(#${HATCH})"` : `fill="${colours.heat[4 - band!]!}"`;
      parts.push(`<rect x="${columns[from]![1]}" y="${Math.round((edge - cell.height) * 100) / 100}" width="${Math.round(cell.width * (i - from) * 100) / 100 + 0.3}" height="${Math.round(cell.height * 100) / 100 + 0.3}" ${look}/>`);
      [from, band] = [i, next!];
    }
  }
  // Without smoothing: neighbours would show a seam.
  return `<g shape-rendering="crispEdges">${parts.join('')}</g>`;
}

function words(one: Annotation, { x, y, left, right, top }: Plot, colours: FigureColours): string {
  const colour = (role: Role): string => (role === 'neutral' ? colours.quietText : role === 'baseline' ? colours.text : colours.role[role]);
  switch (one.kind) {
    case 'vertical':
      return one.text === undefined ? '' : word(one.text, x(one.x) + (one.side === 'left' ? -7 : 7), top + (one.dashed ? 10 : 26), colour(one.role), one.side === 'left' ? 'end' : 'start');
    case 'horizontal':
      return one.text === undefined ? '' : one.at === 'start' ? word(one.text, left + 4, y(one.y) + 15, colour(one.role), 'start') : word(one.text, (one.to === undefined ? right : x(one.to)) - 4, y(one.y) - 6, colour(one.role), 'end');
    case 'region':
      return one.text === undefined ? '' : word(one.text, x(one.from) + 7, top + 12, colours.quietText, 'start');
    case 'text': {
      const shift = one.place === 'beside' || one.place === 'at' ? 4 : one.place === 'below' ? 20 : -11;
      const anchor = one.align === 'center' ? 'middle' : one.align;
      return word(one.text, x(one.x) + (one.place === 'beside' ? 9 : 0), Math.max(y(one.y) + shift, top + 10), colour(one.role), anchor, SIZE, one.strong ? 600 : 400);
    }
    case 'bracket': {
      const [upper, lower] = [y(one.to), y(one.from)];
      return `<path d="M${right + 6} ${upper}V${lower}" stroke="${colours.axis}" stroke-width="1.75"/>${word(one.text, right + 12, (upper + lower) / 2 + 4, colours.quietText, 'start', SIZE - 1)}`;
    }
    case 'scale':
      return word(one.title, one.side === 'right' ? right + 30 : Math.max(x(one.x), 24), top - 12, colours.quietText, one.side === 'right' ? 'end' : x(one.x) <= left ? 'start' : 'middle', SIZE - 1)
        + one.ticks.map(({ value, text }) => word(text, x(one.x) + (one.side === 'left' ? -7 : 8), y(value) + 4, colours.quietText, one.side === 'left' ? 'end' : 'start', SIZE - 1)).join('');
    case 'brush':
      return word(one.text, x(one.x), y(0) + 22, colours.role.accent, 'middle', SIZE - 1, 600);
    case 'field':
      return one.texts.map((text, band) => `<rect x="${left + (band * (right - left)) / 5}" y="${top - 12}" width="9" height="9" fill="${colours.heat[4 - band]!}" stroke="${colours.axis}"/>${word(text, left + (band * (right - left)) / 5 + 13, top - 4, colours.quietText, 'start', SIZE - 1)}`).join('');
    case 'bar':
    case 'box':
      return '';
  }
}

/** With a halo of the background, so that it can be read over marks. */
function word(text: string, x: number, y: number, colour: string, anchor: 'start' | 'middle' | 'end', size = SIZE, weight = 400): string {
  return `<text x="${x}" y="${y}" font-size="${size}"${weight === 400 ? '' : ` font-weight="${weight}"`} fill="${colour}" text-anchor="${anchor}" paint-order="stroke" stroke="#ffffff" stroke-width="3">${escape(text)}</text>`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!);
}
