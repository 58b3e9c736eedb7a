import type { MachineFacts } from '../../study/ports.ts';
import { BYTES_PER_MB } from '../docker/engine.ts';
import type { EngineAddress } from '../docker/engine-address.ts';
import { isUp, type NodeAnswer } from './swarm-answers.ts';
import { openSwarm } from './swarm-session.ts';

const KEEP_MS = 30_000;

/** The facts of this machine with the cores and memory of all nodes that may take replicas. */
export function createSwarmMachine(machine: MachineFacts, addresses: readonly EngineAddress[]): MachineFacts {
  let last: { readonly atMs: number; readonly nodes: Promise<readonly NodeAnswer[]> } | null = null;
  /** Asked with every edit in Design; a swarm does not change that often. */
  const nodes = (): Promise<readonly NodeAnswer[]> => {
    if (last === null || performance.now() - last.atMs > KEEP_MS) last = { atMs: performance.now(), nodes: openSwarm(addresses.slice(0, 1)).then((swarm) => swarm.nodes()) };
    return last.nodes;
  };
  return {
    backgroundLoad: () => machine.backgroundLoad(),
    read: async () => {
      const own = await machine.read();
      try {
        const up = (await nodes()).filter(isUp).map(({ Description }) => Description?.Resources ?? {});
        if (up.length === 0) return own;
        return {
          ...own, cores: Math.max(1, Math.floor(up.reduce((sum, { NanoCPUs = 0 }) => sum + NanoCPUs / 1e9, 0))),
          memoryMb: Math.floor(up.reduce((sum, { MemoryBytes = 0 }) => sum + MemoryBytes / BYTES_PER_MB, 0)),
        };
      } catch {
        return own;
      }
    },
  };
}
