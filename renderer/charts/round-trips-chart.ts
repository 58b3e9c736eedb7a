import { counted, formatCount, formatInterval, formatValue, timeUnit, type TimeUnit } from '../../main/domain/format.ts';
import { countAxis, linearAxis } from './axis.ts';
import { NO_RUG, type Annotation, type Axis, type ChartValue, type Mark, type Panel, type Role, type Series, type Table } from './chart-value.ts';
import type { Band } from '../../main/domain/clusters.ts';
import type { Origin } from '../../main/domain/trial.ts';

/** Requests of one trial, live or stored, as parallel columns. Times in milliseconds. */
export interface TripColumns {
  readonly index: readonly number[];
  readonly ms: readonly number[];
  readonly excluded: readonly (0 | 1)[];
  readonly failed: readonly (0 | 1)[];
  /** Replica asked, where known. */
  readonly replica?: readonly number[];
}

export interface RoundTripsInput {
  readonly trial: number;
  readonly origin: Origin;
  readonly trips: TripColumns;
  /** Requests planned or kept in all; the right end of the axis. */
  readonly planned: number;
  readonly finished: number;
  readonly errors: number;
  readonly meanMs: number | null;
  readonly halfWidthMs: number | null;
  readonly excludeFirst: number;
  /** Bands of the counted round trips, ms; brackets from the first to the last value of each. */
  readonly clusters: readonly Band[];
  readonly live: boolean;
}

const ROLE: Readonly<Record<Origin, Role>> = { random: 'random', bayes: 'bayes', user: 'neutral' };

/** Every round trip in order of sending; left-out ones hollow, failed ones in the rug (source report Figs 2, 3). */
export function roundTripsChart(input: RoundTripsInput): ChartValue {
  const { trial, trips, planned, finished, errors } = input;
  const unit = timeUnit(highest(trips));
  const total = input.live ? `${formatCount(finished)} of ${formatCount(planned)} requests` : `${formatCount(finished)} requests`;
  const mean = input.meanMs === null ? '' : `, mean ${formatValue(input.meanMs * unit.factor)} ${unit.unit}`;
  const clusters = input.clusters.length > 1 ? ` in ${input.clusters.length} clusters` : '';
  return {
    id: `round-trips-trial-${trial}`,
    title: `Round trips of trial ${trial}`,
    finding: finished === 0 ? '' : `${total}, ${counted(errors, 'error')}${input.clusters.length > 1 ? `, ${input.clusters.length} clusters` : ''}`,
    name: `Round trips of trial ${trial}${clusters}${mean}; ${total}.`,
    x: countAxis('Request', 0, Math.max(planned, 1)),
    panels: [tripsPanel(input, unit)],
    describe: ({ index }) => ({
      title: `Request ${formatCount(trips.index[index]! + 1)}`,
      lines: [
        trips.failed[index] === 1 ? 'failed, not in the mean' : `${formatValue(trips.ms[index]! * unit.factor)} ${unit.unit}`,
        ...(trips.replica === undefined ? [] : [`replica ${trips.replica[index]! + 1}`]),
        ...(trips.excluded[index] === 1 ? [`one of the first ${input.excludeFirst} of its replica, left out of the mean`] : []),
      ],
      formula: [],
    }),
    table: () => tripsTable(trips, unit),
  };
}

function tripsPanel(input: RoundTripsInput, unit: TimeUnit): Panel {
  const { trips, clusters, meanMs } = input;
  const role = ROLE[input.origin];
  const y = tripAxis(trips, unit);
  const failed = marksWhere(trips, unit, (i) => trips.failed[i] === 1).map((mark) => ({ ...mark, y: y.min }));
  const annotations: Annotation[] = clusters.length < 2 ? [] : clusters.map((cluster, i) => ({
    kind: 'bracket', from: cluster.low * unit.factor, to: cluster.high * unit.factor,
    text: `${String.fromCharCode(65 + i)} ${Math.round(cluster.share * 100)} %`,
  }));
  if (meanMs !== null) annotations.push(meanLine(input, unit));
  const left = marksWhere(trips, unit, (i) => trips.failed[i] === 0 && trips.excluded[i] === 1);
  const counted = marksWhere(trips, unit, (i) => trips.failed[i] === 0 && trips.excluded[i] === 0);
  if (left.length > 0) annotations.push(leftOutLabel(held(left, y), input.excludeFirst));
  annotations.push(...stragglers([...counted, ...left], y, Math.max(input.planned, 1)));
  if (input.live && input.finished < input.planned) {
    annotations.push({ kind: 'vertical', x: input.finished, role: 'accent', dashed: false });
  }
  return {
    y,
    series: [
      points(role, 'counted', held(counted, y), false),
      points('neutral', 'left out', held(left, y), true),
    ],
    annotations,
    rug: failed.length === 0 ? NO_RUG : { text: `${formatCount(failed.length)} failed`, marks: failed },
    weight: 1,
  };
}

/** The first k of each replica in and out of the mean, one below the other (source proposal Figs 1 and 2). */
export function firstRequestsChart(input: RoundTripsInput): ChartValue {
  const { trips, trial, excludeFirst } = input;
  const unit = timeUnit(highest(trips));
  const all = meanOf(trips, () => true);
  const kept = meanOf(trips, (i) => trips.excluded[i] === 0);
  const text = (ms: number | null): string => (ms === null ? '–' : `${formatValue(ms * unit.factor)} ${unit.unit}`);
  const left = trips.excluded.reduce<number>((sum, flag) => sum + flag, 0);
  const part = (title: string, mean: number | null, keep: (i: number) => boolean): Panel => {
    const y = linearAxis({ label: 'Round trip', unit: unit.unit, values: [...marksWhere(trips, unit, (i) => keep(i) && trips.failed[i] === 0).map((mark) => mark.y), 0], fromZero: true });
    return {
      title, weight: 1, rug: NO_RUG, y,
      series: [
        points(ROLE[input.origin], 'counted', marksWhere(trips, unit, (i) => keep(i) && trips.failed[i] === 0 && trips.excluded[i] === 0), false),
        points('neutral', 'first of a replica', marksWhere(trips, unit, (i) => keep(i) && trips.failed[i] === 0 && trips.excluded[i] === 1), true),
      ],
      annotations: mean === null ? [] : [{ kind: 'horizontal', y: mean * unit.factor, role: 'baseline', dashed: true, text: `mean ${text(mean)}`, at: 'end' }],
    };
  };
  return {
    id: `first-requests-trial-${trial}`,
    title: 'First requests',
    finding: all === null || kept === null ? 'no answered requests' : `leaving out ${formatCount(left)} moves the mean from ${text(all)} to ${text(kept)}`,
    name: `Round trips of trial ${trial} with and without the first ${excludeFirst} of each replica: mean ${text(all)} and ${text(kept)}.`,
    x: countAxis('Request', 0, Math.max(input.planned, 1)),
    panels: [part('Every request', all, () => true), part(`First ${excludeFirst} of each replica left out`, kept, (i) => trips.excluded[i] === 0)],
    describe: roundTripsChart(input).describe,
    table: () => tripsTable(trips, unit),
  };
}

function meanLine({ meanMs, halfWidthMs, finished, live, planned }: RoundTripsInput, { factor }: TimeUnit): Annotation {
  const half = halfWidthMs === null ? null : halfWidthMs * factor;
  const to = live ? Math.max(finished, 1) : planned;
  return { kind: 'horizontal', y: meanMs! * factor, from: 0, to, role: 'baseline', dashed: true, text: `mean ${formatInterval(meanMs! * factor, half)}`, at: 'end' };
}

function leftOutLabel(left: readonly Mark[], excludeFirst: number): Annotation {
  const top = left.reduce((most, mark) => (mark.y > most.y ? mark : most));
  return { kind: 'text', x: top.x, y: top.y, role: 'neutral', text: `first ${excludeFirst} of each replica, left out`, align: 'start', place: 'beside', strong: false };
}

/**
 * From zero, up to the slowest; where a few stragglers would press everything else to the floor, up to twice the
 * 95th percentile, and `stragglers` says how many lie above.
 */
function tripAxis(trips: TripColumns, { unit, factor }: TimeUnit): Axis {
  const values = trips.ms.filter((_, i) => trips.failed[i] === 0).map((ms) => ms * factor).sort((a, b) => a - b);
  const largest = values[values.length - 1];
  if (largest === undefined) return linearAxis({ label: 'Round trip', unit, values: [0, 1], fromZero: true });
  const usual = values[Math.floor(values.length * 0.95)]! * 2;
  return linearAxis({ label: 'Round trip', unit, values: [values.length >= 100 && largest > usual * 1.5 ? usual : largest], fromZero: true });
}

/** Marks above the axis stand at its upper edge; hover and table keep their value. */
function held(marks: readonly Mark[], y: Axis): readonly Mark[] {
  return marks.map((mark) => (mark.y > y.max ? { ...mark, y: y.max } : mark));
}

function stragglers(marks: readonly Mark[], y: Axis, right: number): readonly Annotation[] {
  const above = marks.filter((mark) => mark.y > y.max);
  if (above.length === 0) return [];
  const most = above.reduce((top, mark) => Math.max(top, mark.y), 0);
  const text = `${formatCount(above.length)} above, up to ${formatValue(most)} ${y.unit}`;
  return [{ kind: 'text', x: right, y: y.max, role: 'neutral', text, align: 'end', place: 'below', strong: false }];
}

function points(role: Role, label: string, marks: readonly Mark[], hollow: boolean): Series {
  return { kind: 'points', role, label, marks, size: 'dot', hollow };
}

function marksWhere(trips: TripColumns, { factor }: TimeUnit, keep: (i: number) => boolean): readonly Mark[] {
  const marks: Mark[] = [];
  for (let i = 0; i < trips.index.length; i++) {
    if (keep(i)) marks.push({ x: trips.index[i]!, y: trips.ms[i]! * factor, index: i });
  }
  return marks;
}

function meanOf(trips: TripColumns, keep: (i: number) => boolean): number | null {
  let sum = 0;
  let count = 0;
  trips.ms.forEach((ms, i) => {
    if (trips.failed[i] === 1 || !keep(i)) return;
    sum += ms;
    count++;
  });
  return count === 0 ? null : sum / count;
}

function highest(trips: TripColumns): number {
  return trips.ms.reduce((most, ms, i) => (trips.failed[i] === 0 && ms > most ? ms : most), 0) || 1;
}

function tripsTable(trips: TripColumns, { unit, factor }: TimeUnit): Table {
  const replica = trips.replica;
  return {
    head: ['Request', ...(replica === undefined ? [] : ['Replica']), `Round trip (${unit})`, 'Counted'],
    rows: trips.index.map((index, i) => [
      index + 1, ...(replica === undefined ? [] : [replica[i]! + 1]),
      trips.failed[i] === 1 ? null : trips.ms[i]! * factor,
      trips.failed[i] === 1 ? 'failed' : trips.excluded[i] === 1 ? 'left out' : 'yes',
    ]),
  };
}
