import type { MachineFacts } from '../../study/ports.ts';
import { openEngine } from './engine.ts';
import { findEngineAddress, type EngineAddress } from './engine-address.ts';

/** The facts of this machine with the cores and memory replicas get: Docker may run in a virtual machine or elsewhere. */
export function createEngineMachine(machine: MachineFacts, address?: EngineAddress): MachineFacts {
  return {
    backgroundLoad: () => machine.backgroundLoad(),
    read: async () => {
      const own = await machine.read();
      try {
        const { facts, address: used } = await openEngine(address ?? findEngineAddress());
        // Limits on this program, say in a container of its own, hold for its neighbours on the same machine too.
        if (!used.isLocal) return { ...own, cores: facts.cores, memoryMb: facts.memoryMb };
        return { ...own, cores: Math.min(facts.cores, own.cores), memoryMb: Math.min(facts.memoryMb, own.memoryMb) };
      } catch {
        return own;
      }
    },
  };
}
