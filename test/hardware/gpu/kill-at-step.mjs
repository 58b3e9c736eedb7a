/**
 * Loaded before the drill: ends this process right before its KILL_AT-th step on the disk, counted from `armKill()` on.
 * Without KILL_AT it only counts; `killSteps()` tells.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env.KILL_AT ?? 0);
let armed = false;
let steps = 0;
for (const name of ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'linkSync', 'unlinkSync', 'renameSync', 'rmSync']) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (armed && ++steps === at) {
      process.kill(process.pid, 'SIGKILL');
      for (;;); // The signal is on its way; nothing more may happen.
    }
    return real(...args);
  };
}
syncBuiltinESMExports();
globalThis.armKill = () => (armed = true);
globalThis.killSteps = () => steps;
