/** Three trials' worth of setting, some load and giving back; ended by the test at a step of its choice. */
import { setTimeout as pause } from 'node:timers/promises';
import { createClockKeeper } from '../../../main/hardware/gpu/clock-keeper.ts';

const [folder, program, timeoutMs] = process.argv.slice(2) as [string, string, string];
const { armKill, killSteps } = globalThis as unknown as { armKill(): void; killSteps(): number };
process.env['FAKE_SMI_APP'] = String(process.pid);
armKill();
const keeper = createClockKeeper({ folder, program, mayElevate: true, callTimeoutMs: Number(timeoutMs) });
await keeper.recover();
const clocks = keeper.clocksFor(null);
for (const mhz of [1200, 600]) {
  try {
    await clocks.set(mhz, 7601);
    await pause(5);
  } catch (error) {
    if ((error as { code?: string }).code !== 'clock-refused') throw error;
  } finally {
    await clocks.restore();
  }
}
console.log(killSteps());
