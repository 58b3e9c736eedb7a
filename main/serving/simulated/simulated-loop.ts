import { COMPLETION_GROUP } from '../../domain/closed-loop-interval.ts';
import type { Completions } from '../../domain/sureness.ts';
import type { Random } from '../../domain/random.ts';
import { emptyRoundTrips, ROUND_TRIP_FAULTS, sliceRoundTrips, type RoundTripFault, type RoundTrips } from '../../domain/round-trips.ts';
import type { Balancing, NetworkImpairment } from '../../domain/study-spec.ts';
import { createEventQueue } from './event-queue.ts';
import { passMessage } from './network.ts';
import type { Context, SimulatedReplica } from './simulated-replica.ts';
import { trialNoise } from './surface.ts';

/** A request under way. */
export interface SimulatedRequest {
  readonly items: number;
  readonly replica: number;
  /** Number in order of issue, and the client in the loop that sent it. */
  readonly issue: number;
  readonly slot: number;
  readonly sentMs: number;
  readonly excluded: boolean;
  ended: boolean;
}

export interface LoopPlan {
  readonly replicas: readonly SimulatedReplica<SimulatedRequest>[];
  readonly concurrency: number;
  readonly items: number;
  readonly network: NetworkImpairment;
  readonly balancing: Balancing;
  readonly timeoutMs: number;
  readonly excludeFirst: number;
  /** Leaves out the first and last round of requests. */
  readonly leaveOutEdges: boolean;
  readonly random: Random;
  /** Asked before each request with the number issued so far. */
  readonly mayIssue: (issued: number) => boolean;
}

type Event =
  | { readonly kind: 'arrive'; readonly request: SimulatedRequest }
  | { readonly kind: 'answer'; readonly request: SimulatedRequest; readonly fault: RoundTripFault };

const FAULT_INDEX = new Map<RoundTripFault, number>(ROUND_TRIP_FAULTS.map((fault, index) => [fault, index]));
const FIRST_ROWS = 4096;

/**
 * A closed loop as discrete events: exactly `concurrency` requests in flight, the next one sent at the moment its
 * predecessor ends. `step` handles a bounded number of events, so that the caller can breathe in between.
 */
export class SimulatedLoop implements Context<SimulatedRequest> {
  readonly random: Random;
  readonly trialFactor: number;
  readonly outstanding: number[];
  nowMs: number;
  lastAnswerMs: number;
  finished = 0;
  failed = 0;
  /** Times of every eighth answer, for looks at the running trial. */
  private answerTimes: Float64Array = new Float64Array(FIRST_ROWS);
  private answers = 0;
  countedLength = 0;
  countedSumMs = 0;

  private readonly plan: LoopPlan;
  private readonly startMs: number;
  private readonly balancingRandom: Random;
  private readonly events = createEventQueue<Event>();
  /** In order of sending, and so in order of deadline. */
  private sent: SimulatedRequest[] = [];
  private sentHead = 0;
  private issued = 0;
  private underWay = 0;
  private turn = 0;
  private readonly sentTo: number[];
  private trips: RoundTrips = emptyRoundTrips(FIRST_ROWS);
  private issueOf = new Uint32Array(FIRST_ROWS);

  constructor(plan: LoopPlan, startMs: number) {
    this.plan = plan;
    this.startMs = this.nowMs = this.lastAnswerMs = startMs;
    this.random = plan.random.split('service');
    this.trialFactor = trialNoise(plan.random.split('trial'));
    this.balancingRandom = plan.random.split('balancing');
    this.outstanding = plan.replicas.map(() => 0);
    this.sentTo = plan.replicas.map(() => 0);
    for (let slot = 0; slot < plan.concurrency; slot++) this.issue(slot);
  }

  /** Handles up to `most` events; false when nothing is under way any more. Throws when a replica has died. */
  step(most: number): boolean {
    for (let i = 0; i < most; i++) {
      for (const { death } of this.plan.replicas) if (death !== null) throw death;
      if (this.underWay === 0) return false;
      this.handleNext();
    }
    return true;
  }

  toRoundTrips(): RoundTrips {
    const trips = sliceRoundTrips(this.trips, 0, this.finished);
    if (!this.plan.leaveOutEdges) return trips;
    const { concurrency } = this.plan;
    const end = this.issued - concurrency;
    return { ...trips, excluded: trips.excluded.map((mark, row) => (this.issueOf[row]! < concurrency || this.issueOf[row]! >= end ? 1 : mark)) };
  }

  roundTrip(index: number): { readonly index: number; readonly roundTripMs: number; readonly excluded: boolean; readonly failed: boolean } {
    const { roundTripMs, excluded, fault } = this.trips;
    return { index, roundTripMs: roundTripMs[index]!, excluded: excluded[index] === 1, failed: fault[index] !== 0 };
  }

  completions(): Completions {
    return { times: this.answerTimes, length: Math.ceil(this.answers / COMPLETION_GROUP) };
  }

  onServed(request: SimulatedRequest, nowMs: number): void {
    this.answer(request, 'ok', nowMs);
  }

  private handleNext(): void {
    const deadlineMs = this.nextDeadlineMs();
    let replica: SimulatedReplica<SimulatedRequest> | null = null;
    let nextMs = Math.min(this.events.nextMs(), deadlineMs);
    for (const candidate of this.plan.replicas) {
      if (candidate.nextWakeMs >= nextMs) continue;
      replica = candidate;
      nextMs = candidate.nextWakeMs;
    }
    this.nowMs = nextMs;
    if (replica !== null) return replica.wake(nextMs, this);
    if (deadlineMs < this.events.nextMs()) return this.end(this.sent[this.sentHead]!, 'timeout');
    const event = this.events.pop()!;
    if (event.request.ended) return;
    if (event.kind === 'answer') return this.end(event.request, event.fault);
    const accepted = this.plan.replicas[event.request.replica]!.arrive(event.request, nextMs, this);
    if (!accepted) this.answer(event.request, 'http-400', nextMs);
  }

  /** The answer sets out from the replica. */
  private answer(request: SimulatedRequest, fault: RoundTripFault, nowMs: number): void {
    if (request.ended) return;
    const { delayMs, reset } = passMessage(this.plan.replicas.length, this.plan.network, this.random);
    this.events.push(nowMs + delayMs, { kind: 'answer', request, fault: reset ? 'connection-reset' : fault });
  }

  private end(request: SimulatedRequest, fault: RoundTripFault): void {
    request.ended = true;
    this.underWay--;
    this.outstanding[request.replica]!--;
    this.lastAnswerMs = this.nowMs;
    this.record(request, FAULT_INDEX.get(fault)!);
    this.issue(request.slot);
  }

  private issue(slot: number): void {
    const { plan, nowMs } = this;
    if (!plan.mayIssue(this.issued)) return;
    const issue = this.issued++;
    const replica = this.chooseReplica(slot);
    const excluded = this.sentTo[replica]!++ < plan.excludeFirst || (plan.leaveOutEdges && issue < plan.concurrency);
    const request: SimulatedRequest = { items: plan.items, replica, issue, slot, sentMs: nowMs, excluded, ended: false };
    this.underWay++;
    this.outstanding[replica]!++;
    this.sent.push(request);
    const { delayMs, reset } = passMessage(plan.replicas.length, plan.network, this.random);
    const event: Event = reset ? { kind: 'answer', request, fault: 'connection-reset' } : { kind: 'arrive', request };
    this.events.push(nowMs + delayMs, event);
  }

  private chooseReplica(slot: number): number {
    const count = this.outstanding.length;
    switch (this.plan.balancing) {
      case 'round-robin':
        return this.turn++ % count;
      case 'sticky':
        return slot % count;
      case 'random':
        return this.balancingRandom.integer(0, count - 1);
      case 'least-outstanding': {
        let best = this.turn % count;
        for (let i = 1; i < count; i++) {
          const candidate = (this.turn + i) % count;
          if (this.outstanding[candidate]! < this.outstanding[best]!) best = candidate;
        }
        this.turn = best + 1;
        return best;
      }
    }
  }

  private rememberAnswer(): void {
    const group = this.answers / COMPLETION_GROUP;
    this.answers++;
    if (!Number.isInteger(group)) return;
    if (group === this.answerTimes.length) this.answerTimes = grown(this.answerTimes);
    this.answerTimes[group] = this.nowMs - this.startMs;
  }

  private nextDeadlineMs(): number {
    while (this.sent[this.sentHead]?.ended) this.sentHead++;
    if (this.sentHead > FIRST_ROWS && this.sentHead * 2 > this.sent.length) {
      this.sent = this.sent.slice(this.sentHead);
      this.sentHead = 0;
    }
    const oldest = this.sent[this.sentHead];
    return oldest === undefined ? Infinity : oldest.sentMs + this.plan.timeoutMs;
  }

  private record({ issue, sentMs, replica, excluded }: SimulatedRequest, fault: number): void {
    const row = this.finished++;
    if (row === this.trips.startMs.length) {
      this.trips = doubled(this.trips);
      this.issueOf = Uint32Array.from({ length: row * 2 }, (_, i) => this.issueOf[i] ?? 0);
    }
    this.issueOf[row] = issue;
    const roundTripMs = this.nowMs - sentMs;
    this.trips.startMs[row] = sentMs - this.startMs;
    this.trips.roundTripMs[row] = roundTripMs;
    this.trips.replica[row] = replica;
    this.trips.fault[row] = fault;
    this.trips.excluded[row] = excluded ? 1 : 0;
    if (fault !== 0) {
      this.failed++;
      return;
    }
    this.rememberAnswer();
    if (excluded) return;
    this.countedLength++;
    this.countedSumMs += roundTripMs;
  }
}

function grown(column: Float64Array): Float64Array {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}

function doubled(trips: RoundTrips): RoundTrips {
  const larger = emptyRoundTrips(trips.startMs.length * 2);
  larger.startMs.set(trips.startMs);
  larger.roundTripMs.set(trips.roundTripMs);
  larger.replica.set(trips.replica);
  larger.fault.set(trips.fault);
  larger.excluded.set(trips.excluded);
  return larger;
}
