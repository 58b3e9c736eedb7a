import { formatCores, formatCount, formatValue } from '../../main/domain/format.ts';
import { KNOBS, type KnobName } from '../../main/domain/knobs.ts';

/** One knob's value with its unit: 1.20 cores, 512 MB, 5. */
export function knobText(name: KnobName, value: number): string {
  if (name === 'cpuCores') return formatCores(value);
  const { whole, unit } = KNOBS[name];
  if (value === 1 && (unit === 'items' || unit === 'threads')) return `1 ${unit.slice(0, -1)}`;
  return `${whole ? formatCount(value) : formatValue(value)} ${unit}`.trim();
}
