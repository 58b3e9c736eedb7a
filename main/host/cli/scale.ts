import { badInput } from '../../domain/errors.ts';
import { counted, formatCount, formatDuration, formatMs, formatPercent, formatValue } from '../../domain/format.ts';
import { gainText, STATION_WORDS } from '../../domain/scale-bottleneck.ts';
import { newLimits } from '../../domain/scale-limits.ts';
import type { ScaleCalibration, ScaleLevel } from '../../domain/scale-level.ts';
import { calibrationWords, NOT_CALIBRATED, packReplicas, powerOf, SCALE_FIELDS, startOfScale, trialToScale, type ScaleAssumptions, type ScaleField } from '../../domain/scale-plan.ts';
import { describeReplica, servingConfiguration } from '../../domain/serving-configuration.ts';
import type { Command } from '../cli.ts';
import { listOf, parseCommandLine, wholeNumber } from './arguments.ts';
import { chooseStudy } from './choose-study.ts';
import { readStudy } from './follow-study.ts';
import { createProgressPainter } from './progress-line.ts';
import { withProgram } from './program.ts';
import { projectPath } from './spec-file.ts';
import { textTable } from './text-table.ts';
import { watchToEnd } from './watch-stream.ts';

const SETTABLE = (Object.keys(SCALE_FIELDS) as ScaleField[]).filter((name) => name !== 'levels');

export const SCALE: Command = {
  usage: `scale PROJECT [--study ID] [--trial N] [--replicas LIST] [--set NAME=VALUE …] [--json]
  Past the lab: one configuration from few replicas to many, simulated in virtual time. What is full at each step, what it
  costs, what would move it. A measured study is calibrated to its trial; everything beyond its size is simulated, not measured.
  --study ID        which study (default: the last with trials)
  --trial N         which trial's configuration (default: the best)
  --replicas LIST   numbers of replicas, 1 to 10,000 (default: 10,30,100,300,1000,3000,10000)
  --set NAME=VALUE  another assumption; may be given several times:
${SETTABLE.map((name) => `      ${name.padEnd(20)} ${SCALE_FIELDS[name].label.toLowerCase()}${SCALE_FIELDS[name].unit === '' ? '' : `, ${SCALE_FIELDS[name].unit}`}`).join('\n')}
  --json            one JSON document: assumptions, calibration, levels`,
  run: runScale,
};

async function runScale(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args, { study: { type: 'string' }, trial: { type: 'string' }, replicas: { type: 'string' }, set: { type: 'string', multiple: true }, json: { type: 'boolean' } }, { least: ['PROJECT'] },
  );
  const number = wholeNumber('--trial', values.trial, 1, 1_000_000) ?? null;
  const changes = changesOf(values.replicas, values.set ?? []);
  const path = await projectPath('PROJECT', positionals[0]!);
  return withProgram(entryUrl, async ({ client }) => {
    const { projectId, studies } = await client.call('project.open', { path });
    const ids = { projectId, studyId: chooseStudy(studies, values.study).id };
    const study = await readStudy(client, ids);
    const trial = trialToScale(study, number);
    const assumptions: ScaleAssumptions = { ...startOfScale(study, trial).assumptions, ...changes };
    const painter = createProgressPainter(process.stderr);
    const levels: ScaleLevel[] = [];
    let calibration: ScaleCalibration | null = null;
    await watchToEnd(client, 'scale.simulate', { ...ids, trial: number, assumptions }, (update) => {
      if (update.kind === 'working') painter.live(`${update.text}, ${formatPercent(update.share * 100)}`);
      else if (update.kind === 'level') levels.push(update.level);
      else {
        const { kind: _, ...found } = update;
        calibration = found;
      }
    });
    painter.done();
    if (values.json) {
      console.log(JSON.stringify({ simulated: true, study: study.spec.name, trial: trial.number, assumptions, calibration, power: powerOf(study, trial), levels }));
      return 0;
    }
    const serving = servingConfiguration(study.spec, trial.configuration);
    console.log([
      `Simulated past the lab: ${study.spec.name}, trial ${trial.number}. Each replica has ${describeReplica(serving)}.`,
      calibration === null ? NOT_CALIBRATED : calibrationWords(calibration), `${packReplicas(serving, assumptions).text}.`, '', scaleTable(levels), '', ...levels.flatMap((level, i) => wordsOf(level, levels[i - 1])),
    ].join('\n'));
    return 0;
  });
}

/** Typed values as they stand; the host refuses what cannot be used, by name. */
function changesOf(replicas: string | undefined, settings: readonly string[]): Partial<ScaleAssumptions> {
  const changes: Record<string, unknown> = {};
  if (replicas !== undefined) changes['levels'] = (listOf(replicas) ?? []).map(Number);
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split('=', 2);
    if (!(SETTABLE as readonly string[]).includes(name) || value.trim() === '' || Number.isNaN(Number(value))) throw badInput('--set', setting, `NAME=NUMBER with one of ${SETTABLE.join(', ')}`);
    changes[name] = Number(value);
  }
  return changes as Partial<ScaleAssumptions>;
}

function scaleTable(levels: readonly ScaleLevel[]): string {
  const columns = ['replicas', 'machines', 'in flight', 'requests/s', 'mean', 'p95', 'p99', 'machine-h per million', 'requests/s per added replica', 'full'].map((head, i) => ({ head, align: i === 9 ? ('left' as const) : ('right' as const) }));
  return textTable(columns, levels.map((level) => [
    formatCount(level.replicas), formatCount(level.machines), formatCount(level.concurrency), formatValue(level.throughputRps), formatMs(level.meanMs), formatMs(level.p95Ms), formatMs(level.p99Ms),
    formatValue(level.cost.machineHoursPerMillion), gainText(level.gain), level.bottleneck.word,
  ]));
}

function wordsOf(level: ScaleLevel, before: ScaleLevel | undefined): readonly string[] {
  const { replicas, bottleneck, stations, startS, cost } = level;
  const busy = stations.map(({ name, busyShare }) => `${STATION_WORDS[name].label.toLowerCase()} ${formatPercent(busyShare * 100)}`).join(', ');
  const start = startS.replicas === null ? '' : `, then about ${formatDuration(startS.replicas)} until the replicas are ready`;
  return [
    `${counted(replicas, 'replica')}: ${bottleneck.reason} ${bottleneck.remedy}`,
    `  Busy: ${busy}. Start: ${formatDuration(startS.image)} to fetch the image everywhere${start}.${cost.kwhPerMillion === null ? '' : ` Energy: ${formatValue(cost.kwhPerMillion)} kWh per million requests.`}`,
    ...newLimits(level, before).map(({ text }) => `  Limit: ${text}`),
  ];
}
