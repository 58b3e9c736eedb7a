import type { Random } from '../../main/domain/random.ts';
import { emptyRoundTrips, type RoundTrips } from '../../main/domain/round-trips.ts';

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

/**
 * The same as columns, as the load generator writes them: `count` requests in all, nothing sent beyond them, the first two left
 * out. `edge` says which belong to the first or the last round of requests; `leaveOutEdges` marks those too.
 */
export function closedLoopTrips(
  concurrency: number, servers: number, count: number, service: () => number, finish: (server: number, fromMs: number, workMs: number) => number = (_, fromMs, workMs) => fromMs + workMs,
): { readonly trips: RoundTrips; readonly edge: Uint8Array } {
  const trips = emptyRoundTrips(count);
  const edge = new Uint8Array(count);
  const sentMs = new Float64Array(count);
  const endsAt = new Float64Array(servers).fill(Infinity);
  const serving = new Int32Array(servers);
  let issued = Math.min(concurrency, count);
  let head = 0;
  let now = 0;
  for (let done = 0; done < count; done++) {
    let next = 0;
    for (let server = 0; server < servers; server++) {
      if (endsAt[server] === Infinity && head < issued) {
        endsAt[server] = finish(server, now, service());
        serving[server] = head++;
      }
      if (endsAt[server]! < endsAt[next]!) next = server;
    }
    now = endsAt[next]!;
    endsAt[next] = Infinity;
    const issue = serving[next]!;
    trips.startMs[done] = sentMs[issue]!;
    trips.roundTripMs[done] = now - sentMs[issue]!;
    trips.excluded[done] = issue < 2 ? 1 : 0;
    edge[done] = issue < concurrency || issue >= count - concurrency ? 1 : 0;
    if (issued < count) sentMs[issued++] = now;
  }
  return { trips, edge };
}

/**
 * When work is done on servers with a CPU limit of `cores` each: of every 100 ms, beginning anywhere, they run the first
 * `cores` × 100 ms, give or take `slack` of it.
 */
export function withCpuLimit(servers: number, cores: number, slack: number, random: Random): (server: number, fromMs: number, workMs: number) => number {
  const starts = Float64Array.from({ length: servers }, () => -100 * random.next());
  const left = new Float64Array(servers).fill(100 * cores);
  return (server, fromMs, workMs) => {
    let now = fromMs;
    let work = workMs;
    for (;;) {
      while (now >= starts[server]! + 100) {
        starts[server]! += 100;
        left[server] = 100 * cores * Math.max(0.1, 1 + slack * random.normal());
      }
      const runs = Math.min(work, left[server]!, starts[server]! + 100 - now);
      work -= runs;
      left[server]! -= runs;
      now += runs;
      if (work <= 0) return now;
      if (left[server]! <= 0) now = starts[server]! + 100;
    }
  };
}

export function leaveOutEdges({ trips, edge }: { readonly trips: RoundTrips; readonly edge: Uint8Array }): RoundTrips {
  return { ...trips, excluded: trips.excluded.map((mark, i) => mark | edge[i]!) };
}
