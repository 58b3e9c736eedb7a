import { ServescapeError } from '../../domain/errors.ts';
import type { ClockSetting } from '../../domain/gpu.ts';
import type { Hardware } from '../../study/ports.ts';
import type { SimulatedBackend } from './simulated-backend.ts';
import { processorPowerW, SIMULATED_CLOCKS } from './simulated-gpu.ts';

/** Clock, telemetry and energy of the simulated machine, in virtual time. */
export function createSimulatedHardware(backend: SimulatedBackend): Hardware {
  return {
    clocks: {
      supported: async () => SIMULATED_CLOCKS,
      set: async (clockMhz): Promise<ClockSetting> => {
        if (!SIMULATED_CLOCKS.clocksMhz.includes(clockMhz)) {
          throw new ServescapeError('clock-refused', `The simulated GPU has no clock of ${clockMhz} MHz.`, { hint: `It has ${SIMULATED_CLOCKS.clocksMhz.join(', ')} MHz.` });
        }
        backend.gpu()?.setClock(clockMhz);
        return { requestedMhz: clockMhz, observedMhz: clockMhz, method: 'simulated' };
      },
      // Every trial has a card of its own: there is nothing to give back.
      restore: async () => [],
    },
    watch: () => {
      const fromMs = backend.ownTimeMs();
      const gpu = backend.gpu();
      gpu?.beginWindow(fromMs);
      return {
        end: async () => {
          const toMs = backend.ownTimeMs();
          const seen = gpu?.read(toMs) ?? null;
          const processorJ = (processorPowerW(backend.coresInUse()) * (toMs - fromMs)) / 1000;
          return {
            gpu: seen?.reading ?? null, busyClocksMhz: seen?.busyClocksMhz ?? [],
            energy: seen ? { source: 'processor-and-gpu', joules: processorJ + seen.joules } : { source: 'processor', joules: processorJ },
          };
        },
      };
    },
  };
}
