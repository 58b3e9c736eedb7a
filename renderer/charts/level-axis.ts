import { variedAxis, type Sweep } from '../../main/domain/sweep.ts';
import { linearAxis } from './axis.ts';
import type { Axis, Tick } from './chart-value.ts';

/** What a sweep varies, with a tick at each of its values as far as they keep apart. */
export function levelAxis({ spec }: Sweep): Axis {
  const { label, unit } = variedAxis(spec.vary);
  const values = spec.vary.values.toSorted((a, b) => a - b);
  const low = values[0]!;
  const high = values[values.length - 1]!;
  if (low === high) return { ...linearAxis({ label, unit, values: [low - 1, low + 1] }), ticks: [{ value: low, text: String(low) }] };
  const room = (high - low) * 0.04;
  const ticks: Tick[] = [];
  for (const value of values) {
    const last = ticks[ticks.length - 1];
    if (last === undefined || value - last.value >= (high - low) / 12) ticks.push({ value, text: String(value) });
  }
  return { label, unit, scale: 'linear', min: low - room, max: high + room, ticks };
}
