import { formatCount } from '../../main/domain/format.ts';
import type { Panel } from './chart-value.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Failed trials at the foot of a panel: where they were tried, never with a value. */
export function failedRug(trials: readonly Trial[], foot: number, place: (trial: Trial) => number): Panel['rug'] {
  const failed = trials.filter(({ state }) => state === 'failed');
  return {
    text: failed.length === 0 ? '' : `${formatCount(failed.length)} failed`,
    marks: failed.map((trial) => ({ x: place(trial), y: foot, trial: trial.number, index: trial.number - 1 })),
  };
}

/** Where the other axis is measured too a failed trial has no place: its ticks stand side by side at the left edge. */
export function countedRug(trials: readonly Trial[], foot: number, { min, max, scale }: { readonly min: number; readonly max: number; readonly scale: 'linear' | 'log' }): Panel['rug'] {
  const failed = trials.filter(({ state }) => state === 'failed');
  const place = (i: number): number => {
    const share = (0.25 * (i + 0.5)) / failed.length;
    return scale === 'log' ? min * (max / min) ** share : min + (max - min) * share;
  };
  const order = new Map(failed.map(({ number }, i) => [number, i]));
  const rug = failedRug(trials, foot, ({ number }) => place(order.get(number)!));
  return rug.marks.length === 0 ? rug : { ...rug, text: `${rug.text}, no value` };
}
