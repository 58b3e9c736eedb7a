import type { MachineFacts } from '../../study/ports.ts';
import { openEngine, type Engine } from './engine.ts';
import { findEngineAddress, type EngineAddress } from './engine-address.ts';

const KEEP_MS = 30_000;

/** The facts of this machine with the cores and memory replicas get: Docker may run in a virtual machine or elsewhere. */
export function createEngineMachine(machine: MachineFacts, address?: EngineAddress): MachineFacts {
  let last: { readonly atMs: number; readonly engine: Promise<Engine> } | null = null;
  /** Asked with every edit in Design; an engine does not change that often. */
  const engine = (): Promise<Engine> => {
    if (last === null || performance.now() - last.atMs > KEEP_MS) last = { atMs: performance.now(), engine: openEngine(address ?? findEngineAddress()) };
    return last.engine;
  };
  return {
    backgroundLoad: () => machine.backgroundLoad(),
    read: async () => {
      const own = await machine.read();
      try {
        const { facts, address: used } = await engine();
        // Limits on this program, say in a container of its own, hold for its neighbours on the same machine too.
        if (!used.isLocal) return { ...own, cores: facts.cores, memoryMb: facts.memoryMb };
        return { ...own, cores: Math.min(facts.cores, own.cores), memoryMb: Math.min(facts.memoryMb, own.memoryMb) };
      } catch {
        return own;
      }
    },
  };
}
