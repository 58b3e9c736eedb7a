/**
 * The simulated model server as formulas. Times in ms, work in core-ms (one core busy for 1 ms), memory in MB.
 * N replicas, C cores and M MB each, batches of up to B items, T ms of waiting for a batch, H batch threads.
 *
 *   work of a batch of b items from r requests   W = 2 + 0.3·b^0.9 + 0.06·r          sub-linear: batching pays
 *   cores one batch can use                      n = ⌈C⌉, at most 4
 *   speed of one batch (Amdahl, 75 % parallel)   s = 1 / (0.25 + 0.75/n)                  core-ms of work per ms
 *   CPU it burns meanwhile                       s·(1 + 0.05·(n − 1))                     cores
 *   CPU limit                                    C·100 ms of CPU in each period of 100 ms, then stopped until the next
 *   batching                                     a free thread takes a batch when B items wait or the oldest waited T
 *   noise of a batch                             log-normal (σ 0.18, mean 1); 0.4 % of batches × (1 + Pareto(1.8)), at most 30
 *   noise of a trial                             log-normal (σ 0.015), the same for all its batches
 *   cold replica                                 its first batch takes 8 times, its second 3 times as long
 *   communication, each way                      0.02 + 0.05·N + Exp(0.04) ms             more replicas, longer way
 *   memory of a batch                            80 + 2·H + 3·b + Exp(3) MB; above M the replica is killed
 *   memory pressure                              slower by up to 60 % while M is below 1.25 × (80 + 2·H + 3·B)
 *   start                                        400 + 60·i ms for replica i, and 1,500 core-ms of loading at C cores
 *
 * Why there is an optimum inside: with c requests in flight each replica holds about c/N. Few replicas queue; many make
 * small batches and long ways, and leave each a smaller share of the machine. B far below c/N wastes the fixed work of a
 * batch; B above it never fills, so every batch waits the full T. T = 0 starts batches of one when answers come back
 * spread out; T beyond that spread only waits. More threads than cores splits batches and runs into the CPU limit.
 * Memory between what a batch needs and about 20 MB above it kills now and then: an uncertain edge of the feasible region.
 */
import type { Random } from '../../domain/random.ts';

export const QUOTA_PERIOD_MS = 100;
export const BASE_MEMORY_MB = 80;

export function batchWork(items: number, requests: number): number {
  return 2 + 0.3 * items ** 0.9 + 0.06 * requests;
}

/** Cores one batch can use at a time. */
export function parallelCores(cpuCores: number): number {
  return Math.min(Math.max(cpuCores, 1), 4);
}

/** Core-ms of work one batch gets done per ms while it may run. */
export function batchSpeed(cpuCores: number): number {
  return 1 / (0.25 + 0.75 / parallelCores(cpuCores));
}

/** Cores one batch burns while it may run. */
export function batchBurn(cpuCores: number): number {
  return batchSpeed(cpuCores) * (1 + 0.05 * (parallelCores(cpuCores) - 1));
}

/** Factor on a batch's work; mean slightly above 1 because of the tail. */
export function batchNoise(random: Random): number {
  const sigma = 0.18;
  const body = Math.exp(sigma * random.normal() - (sigma * sigma) / 2);
  if (random.next() >= 0.004) return body;
  return body * Math.min(1 + (1 - random.next()) ** (-1 / 1.8), 30);
}

export function trialNoise(random: Random): number {
  return Math.exp(0.015 * random.normal());
}

export function coldFactor(batchesBefore: number): number {
  return [8, 3][batchesBefore] ?? 1;
}

/** One way between client and replica, without impairment. */
export function communicationMs(replicas: number, random: Random): number {
  return 0.02 + 0.05 * replicas - 0.04 * Math.log(1 - random.next());
}

/** What a replica needs before its first request. */
export function idleMemoryMb(batchThreads: number): number {
  return BASE_MEMORY_MB + 2 * batchThreads;
}

/** What a batch needs, without chance. */
export function batchMemoryMb(items: number, batchThreads: number): number {
  return idleMemoryMb(batchThreads) + 3 * items;
}

export function memorySpikeMb(random: Random): number {
  return -3 * Math.log(1 - random.next());
}

/** Factor on all work: 1 with memory to spare, 1.6 at the edge. More memory is never slower. */
export function memoryPressure(memoryMb: number, maxBatchSize: number, batchThreads: number): number {
  const ratio = memoryMb / batchMemoryMb(maxBatchSize, batchThreads);
  return 1 + 0.6 * Math.min(Math.max((1.25 - ratio) / 0.25, 0), 1);
}

/** From the start of the deployment to ready. */
export function startMs(index: number, cpuCores: number): number {
  return 400 + 60 * index + 1500 / Math.min(cpuCores, 4);
}

/** CPU a replica burns without any request, cores. */
export function idleCores(batchThreads: number): number {
  return 0.01 + 0.004 * batchThreads;
}
