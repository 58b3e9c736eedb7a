import { MinTree } from './min-tree.ts';

/** One queue before equal servers, in order of arrival: the processor of a load generator, a link. */
export class Station {
  /** When each server has done all it has taken on. */
  private readonly free: MinTree;

  constructor(servers = 1) {
    this.free = new MinTree(Array.from({ length: servers }, () => 0));
  }

  /** A job comes at `nowMs`, never earlier than the one before it; returns when it is done. */
  pass(nowMs: number, serviceMs: number): number {
    if (serviceMs === 0) return nowMs;
    const server = this.free.firstLeast();
    const doneMs = Math.max(nowMs, this.free.get(server)) + serviceMs;
    this.free.set(server, doneMs);
    return doneMs;
  }
}
