import type { Machine } from '../../domain/machine.ts';
import type { Lab } from '../../study/ports.ts';
import { createSimulatedBackend, type SimulatedBackend } from './simulated-backend.ts';
import { createSimulatedHardware } from './simulated-hardware.ts';
import { createSimulatedLoad } from './simulated-load.ts';
import { createSharedTime } from './time-order.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface SimulatedLab extends Lab {
  readonly backend: SimulatedBackend;
}

export interface SimulatedFacts {
  readonly appVersion: string;
  /** Replicas work on a GPU whose clock can be set. */
  readonly gpu?: boolean;
}

/**
 * A machine, its servers, its load generator and its time, all virtual. Everything random comes from the seed of the load
 * plan (study seed and trial number): the same study gives the same figures bit for bit. The server: `surface.ts`.
 */
export function createSimulatedLab(facts: SimulatedFacts): SimulatedLab {
  return labOf(facts, createVirtualClock());
}

/** Equal machines in one virtual time. */
export function createSimulatedFleet(facts: SimulatedFacts, count: number): readonly SimulatedLab[] {
  if (count === 1) return [createSimulatedLab(facts)];
  const time = createSharedTime(createVirtualClock);
  return Array.from({ length: count }, (_, i) => {
    const { clock, ...order } = time.join();
    return { ...labOf(facts, clock), order, name: `machine ${i + 1}` };
  });
}

function labOf(facts: SimulatedFacts, clock: VirtualClock): SimulatedLab {
  const machine: Machine = {
    hostname: 'simulated', platform: 'simulated', processor: 'Simulated machine', cores: 8, memoryMb: 32_768,
    gpus: facts.gpu ? [{ name: 'Simulated GPU', memoryMb: 24_576, driver: 'simulated' }] : [],
    nodeVersion: 'virtual time', appVersion: facts.appVersion,
  };
  const backend = createSimulatedBackend(clock, machine, facts.gpu);
  return {
    backend,
    clock,
    load: createSimulatedLoad(clock, backend.replicaAt),
    hardware: createSimulatedHardware(backend),
    machine: { read: async () => machine, backgroundLoad: async () => 0 },
  };
}
