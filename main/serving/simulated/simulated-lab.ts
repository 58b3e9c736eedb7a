import type { Machine } from '../../domain/machine.ts';
import type { Lab } from '../../study/ports.ts';
import { createSimulatedBackend, type SimulatedBackend } from './simulated-backend.ts';
import { createSimulatedHardware } from './simulated-hardware.ts';
import { createSimulatedLoad } from './simulated-load.ts';
import { createVirtualClock } from './virtual-clock.ts';

export interface SimulatedLab extends Lab {
  readonly backend: SimulatedBackend;
}

/**
 * A machine, its servers, its load generator and its time, all virtual. Everything random comes from the seed of the load
 * plan (study seed and trial number): the same study gives the same figures bit for bit. The server: `surface.ts`.
 */
export function createSimulatedLab(facts: { readonly appVersion: string; /** Replicas work on a GPU whose clock can be set. */ readonly gpu?: boolean }): SimulatedLab {
  const machine: Machine = {
    hostname: 'simulated', platform: 'simulated', processor: 'Simulated machine', cores: 8, memoryMb: 32_768,
    gpus: facts.gpu ? [{ name: 'Simulated GPU', memoryMb: 24_576, driver: 'simulated' }] : [],
    nodeVersion: 'virtual time', appVersion: facts.appVersion,
  };
  const clock = createVirtualClock();
  const backend = createSimulatedBackend(clock, machine, facts.gpu);
  return {
    backend,
    clock,
    load: createSimulatedLoad(clock, backend.replicaAt),
    hardware: createSimulatedHardware(backend),
    machine: { read: async () => machine, backgroundLoad: async () => 0 },
  };
}
