import { badInput } from '../../domain/errors.ts';
import { spreadClocks, type GpuClockList } from '../../domain/gpu.ts';
import { countValues, listValues } from '../../domain/parameter.ts';
import type { StudySpec } from '../../domain/study-spec.ts';

/** A range of which almost nothing can be set would only be drawn from in vain. */
const LEGAL_SHARE_LEAST = 0.05;

/** Refuses clocks that are not in the driver's list: all of a range, or the one that is fixed. */
export function refuseUnlisted(spec: StudySpec, { clocksMhz }: GpuClockList): void {
  const accepted = `clocks of the card, for example ${spreadClocks(clocksMhz, 6).join(', ')} MHz`;
  const fixed = spec.fixed.gpuClockMhz;
  if (fixed !== undefined && !clocksMhz.includes(fixed)) throw badInput('fixed.gpuClockMhz', fixed, accepted);
  const at = spec.space.findIndex(({ name }) => name === 'gpuClockMhz');
  const parameter = spec.space[at];
  if (parameter === undefined) return;
  const values = listValues(parameter) ?? [];
  const legal = values.filter((value) => clocksMhz.includes(Number(value))).length;
  if (legal > 0 && legal / countValues(parameter) >= LEGAL_SHARE_LEAST) return;
  const given = parameter.kind === 'integer' || parameter.kind === 'real' ? `${parameter.low} to ${parameter.high}` : values.join(', ');
  throw badInput(`space.${at}.values`, given, `${accepted}, as a list`);
}
