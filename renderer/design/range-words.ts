import { formatFixed } from '../../main/domain/format.ts';
import type { KnobName } from '../../main/domain/knobs.ts';
import type { Range, RangeProbe } from '../../main/domain/range-probe.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

/** "Memory per replica: used 47 to 89 MB; search from 64 to 128 MB." */
export function rangeLine(what: string, unit: string, range: RangeProbe['cpuCores']): string {
  if (range === null) return `${what}: cannot be observed here.`;
  const digits = unit === 'MB' ? 0 : 2;
  const { observed, offered } = range;
  return `${what}: used ${formatFixed(observed.low, digits)} to ${formatFixed(observed.high, digits)} ${unit}; search from ${offered.low} to ${offered.high} ${unit}.`;
}

/** Bounds of CPU and memory where they are searched as a range; a list of values or a fixed value stays. */
export function withBounds(spec: StudySpec, { cpuCores, memoryMb }: RangeProbe): StudySpec {
  const offered: Partial<Record<KnobName, Range>> = { ...(cpuCores && { cpuCores: cpuCores.offered }), ...(memoryMb && { memoryMb: memoryMb.offered }) };
  const space = spec.space.map((parameter) => {
    const range = offered[parameter.name as KnobName];
    return range !== undefined && (parameter.kind === 'integer' || parameter.kind === 'real') ? { ...parameter, ...range } : parameter;
  });
  return { ...spec, space };
}
