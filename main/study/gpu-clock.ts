import { asksGpuClock, type ClockSetting, type GpuReading } from '../domain/gpu.ts';
import { ServescapeError } from '../domain/errors.ts';
import type { ServingConfiguration } from '../domain/serving-configuration.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { Hardware, HardwareReading } from './ports.ts';

/** A clock further away than this is another clock: drivers round to steps of 15 MHz. */
const MOVED_MHZ = 30;

/** Sets the clock a configuration asks for; null when the study leaves the clock alone. */
export async function setGpuClock(spec: StudySpec, serving: ServingConfiguration, hardware: Hardware | undefined): Promise<ClockSetting | null> {
  if (!asksGpuClock(spec)) return null;
  if (!hardware) throw new ServescapeError('clock-refused', 'There is no GPU whose clock could be set.', { hint: 'Take the GPU clock out of the study.' });
  return hardware.clocks.set(serving.gpuClockMhz, spec.gpuClocks?.memoryMhz ?? null);
}

/** The reading with what was set beside what was seen. */
export function gpuReading({ gpu, busyClocksMhz }: HardwareReading, clock: ClockSetting | null): GpuReading | null {
  if (gpu === null) return null;
  if (clock === null || busyClocksMhz.length === 0) return { ...gpu, clock, movedShare: null };
  const wanted = clock.observedMhz !== null && Math.abs(clock.observedMhz - clock.requestedMhz) <= MOVED_MHZ ? clock.observedMhz : clock.requestedMhz;
  const moved = busyClocksMhz.filter((mhz) => Math.abs(mhz - wanted) > MOVED_MHZ).length;
  return { ...gpu, clock, movedShare: moved / busyClocksMhz.length };
}
