import { counted, formatCount, formatMs, formatPercent, formatValue, timeUnit } from '../../main/domain/format.ts';
import { STATION_WORDS } from '../../main/domain/scale-bottleneck.ts';
import type { ScaleLevel } from '../../main/domain/scale-level.ts';
import { logAxis, measuredAxis, withFoot } from './axis.ts';
import { NO_RUG, type Annotation, type Axis, type ChartValue, type Mark, type MarkText, type Panel, type Role, type Series, type Table } from './chart-value.ts';

/** Above the line of what is full first, so that its words and the names of the steps keep apart. */
const HEADROOM = 2.5;

/** Answers per second and machine-hours for a million of them over the number of replicas, with what is full at each step. All simulated. */
export function scaleCostChart(levels: readonly ScaleLevel[]): ChartValue {
  const bound = sharedBound(levels);
  const throughput = inThousands('requests/s', [...levels.map(({ throughputRps }) => throughputRps), ...(bound === null ? [] : [bound.rps * HEADROOM])]);
  const hours = inThousands('h', levels.map(({ cost }) => cost.machineHoursPerMillion));
  const top: Panel = {
    y: logAxis({ label: 'Throughput, simulated', ...throughput }),
    series: curve(levels, 'accent', 'throughput', throughput.values),
    annotations: [...steps(levels), ...(bound === null ? [] : [{ kind: 'horizontal', y: bound.rps * throughput.factor, role: 'baseline', dashed: true, text: `${bound.what} full at ${formatValue(bound.rps)} requests/s`, at: 'end' } as const])],
    rug: NO_RUG, weight: 0.6,
  };
  const below: Panel = {
    y: measuredAxis({ label: 'Machine-hours for a million requests, simulated', ...hours }),
    series: curve(levels, 'neutral', 'machine-hours', hours.values), annotations: steps(levels, false), rug: NO_RUG, weight: 0.4,
  };
  return {
    ...common(levels), id: 'scale-cost', title: 'Throughput and cost, simulated',
    name: `Simulated throughput and machine-hours for a million requests over the number of replicas; ${findingOf(levels)}.`, panels: [top, below],
  };
}

/** Mean and slow round trips over the number of replicas. All simulated. */
export function scaleLatencyChart(levels: readonly ScaleLevel[]): ChartValue {
  const { unit, factor } = timeUnit(Math.max(0, ...levels.map(({ p99Ms }) => p99Ms)) || 1);
  const of = (pick: (level: ScaleLevel) => number): readonly number[] => levels.map((level) => pick(level) * factor);
  const figures = [['accent', 'mean', of(({ meanMs }) => meanMs), 'below'], ['neutral', 'p95', of(({ p95Ms }) => p95Ms), 'beside'], ['acquisition', 'p99', of(({ p99Ms }) => p99Ms), 'above']] as const;
  const names = figures.map(([role, text, values, place]): Annotation => ({ kind: 'text', x: levels[0]!.replicas, y: values[0]!, role, text, align: 'start', place, strong: true }));
  return {
    ...common(levels), id: 'scale-latency', title: 'Round trips, simulated',
    name: `Simulated mean, p95 and p99 round trip over the number of replicas; ${findingOf(levels)}.`,
    panels: [{
      y: measuredAxis({ label: 'Round trip, simulated', unit, values: withFoot(figures.flatMap(([, , values]) => values)) }),
      series: figures.flatMap(([role, label, values]) => curve(levels, role, label, values)), annotations: [...steps(levels), ...names], rug: NO_RUG, weight: 1,
    }],
  };
}

/** Six digits have no room beside an axis. */
function inThousands(unit: string, values: readonly number[]): { readonly unit: string; readonly factor: number; readonly values: readonly number[] } {
  const factor = Math.max(0, ...values) < 50_000 ? 1 : 0.001;
  return { unit: factor === 1 ? unit : `1,000 ${unit}`, factor, values: values.map((value) => value * factor) };
}

function common(levels: readonly ScaleLevel[]): Pick<ChartValue, 'x' | 'finding' | 'describe' | 'table'> {
  return { x: replicaAxis(levels), finding: findingOf(levels), describe: ({ index }) => describeLevel(levels[index]!), table: () => scaleTable(levels) };
}

function replicaAxis(levels: readonly ScaleLevel[]): Axis {
  return logAxis({ label: 'Replicas', unit: '', values: levels.map(({ replicas }) => replicas) });
}

function curve(levels: readonly ScaleLevel[], role: Role, label: string, values: readonly number[]): readonly Series[] {
  const marks = levels.map(({ replicas }, index): Mark => ({ x: replicas, y: values[index]!, index }));
  return [
    { kind: 'line', role, label, points: marks.map(({ x, y }) => ({ x, y })), stepped: false, dashed: false },
    { kind: 'points', role, label, marks, size: 'mark', hollow: false },
  ];
}

/** A line where what is full changes, with its name where there is room for it. */
function steps(levels: readonly ScaleLevel[], named = true): readonly Annotation[] {
  return levels.flatMap(({ replicas, bottleneck }, i): Annotation[] => {
    if (bottleneck.word === levels[i - 1]?.bottleneck.word) return [];
    const isLast = i === levels.length - 1;
    return [{ kind: 'vertical', x: replicas, role: 'neutral', dashed: true, ...(named && { text: bottleneck.station === null ? 'nothing is full' : bottleneck.word, side: isLast && i > 0 ? 'left' : 'right' }) }];
  });
}

/** The shared part that is full first, if the curve comes anywhere near it. */
function sharedBound(levels: readonly ScaleLevel[]): { readonly rps: number; readonly what: string } | null {
  const most = Math.max(0, ...levels.map(({ throughputRps }) => throughputRps));
  const bounds = (levels[0]?.stations ?? []).flatMap(({ name, boundRps }) => ((name === 'generator' || name === 'generator-link') && boundRps !== null ? [{ rps: boundRps, what: STATION_WORDS[name].word }] : []));
  const [least] = bounds.toSorted((a, b) => a.rps - b.rps);
  return least !== undefined && least.rps < most * 20 ? least : null;
}

/** "generator link full from 1,000 replicas on" */
function findingOf(levels: readonly ScaleLevel[]): string {
  const last = levels[levels.length - 1];
  if (last === undefined) return '';
  const from = levels.findLastIndex(({ bottleneck }) => bottleneck.word !== last.bottleneck.word) + 1;
  return `${last.bottleneck.word} full from ${formatCount(levels[from]!.replicas)} replicas on`;
}

function describeLevel(level: ScaleLevel): MarkText {
  const { replicas, machines, concurrency, throughputRps, meanMs, p99Ms, bottleneck, cost, stations } = level;
  return {
    title: `${counted(replicas, 'replica')}, simulated`,
    lines: [
      `${formatValue(throughputRps)} requests/s, mean ${formatMs(meanMs)}, p99 ${formatMs(p99Ms)}`,
      `${counted(machines, 'machine')}, ${formatCount(concurrency)} requests in flight`,
      stations.map(({ name, busyShare }) => `${STATION_WORDS[name].word} ${formatPercent(busyShare * 100)}`).join(', '),
      bottleneck.reason,
    ],
    formula: [`${formatCount(machines)} × (1,000,000 ÷ ${formatValue(throughputRps)}) ÷ 3,600 = ${formatValue(cost.machineHoursPerMillion)} machine-hours for a million requests`],
  };
}

function scaleTable(levels: readonly ScaleLevel[]): Table {
  return {
    head: [
      'Replicas', 'Machines', 'Cores', 'Requests in flight', 'Throughput, simulated (requests/s)', 'Mean, simulated (ms)', 'p95, simulated (ms)', 'p99, simulated (ms)',
      ...(levels[0]?.stations ?? []).map(({ name }) => `${STATION_WORDS[name].label} busy (%)`), 'Full', 'Machine-hours per million', 'Core-hours per million', 'kWh per million', 'Requests/s per added replica',
    ],
    rows: levels.map(({ replicas, machines, concurrency, throughputRps, meanMs, p95Ms, p99Ms, stations, bottleneck, cost, gain }) => [
      replicas, machines, cost.cores, concurrency, throughputRps, meanMs, p95Ms, p99Ms, ...stations.map(({ busyShare }) => busyShare * 100), bottleneck.word,
      cost.machineHoursPerMillion, cost.coreHoursPerMillion, cost.kwhPerMillion, gain.rpsPerReplica,
    ]),
  };
}
