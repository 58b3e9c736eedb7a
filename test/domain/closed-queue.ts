import type { Random } from '../../main/domain/random.ts';

export type Law = 'exponential' | 'log-normal';

const SPREAD = 0.5;

/** Draws service times of mean 1 (exponential) or exp(0.125) (log-normal with σ = 0.5). */
export function serviceTime(law: Law, random: Random): () => number {
  return law === 'exponential' ? () => -Math.log(1 - random.next()) : () => Math.exp(SPREAD * random.normal());
}

/** By Little's law: service time × max(c, k) / k. */
export function trueMean(law: Law, concurrency: number, servers: number): number {
  const service = law === 'exponential' ? 1 : Math.exp((SPREAD * SPREAD) / 2);
  return (service * Math.max(concurrency, servers)) / servers;
}

/** Round trips, in order of completion, of `concurrency` requests that go round one queue before `servers` servers. */
export function closedQueue(concurrency: number, servers: number, count: number, service: () => number): Float64Array {
  const roundTrips = new Float64Array(count);
  const queue: number[] = Array.from({ length: concurrency }, () => 0);
  const busy: { endsAt: number; arrivedAt: number }[] = [];
  let now = 0;
  for (let done = 0; done < count; done++) {
    while (queue.length > 0 && busy.length < servers) busy.push({ endsAt: now + service(), arrivedAt: queue.shift()! });
    const next = busy.reduce((first, job, i) => (job.endsAt < busy[first]!.endsAt ? i : first), 0);
    const [job] = busy.splice(next, 1);
    now = job!.endsAt;
    roundTrips[done] = now - job!.arrivedAt;
    queue.push(now);
  }
  return roundTrips;
}
