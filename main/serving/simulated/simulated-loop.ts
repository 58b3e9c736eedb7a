import { COMPLETION_GROUP } from '../../domain/closed-loop-interval.ts';
import type { Completions } from '../../domain/sureness.ts';
import type { Random } from '../../domain/random.ts';
import { emptyRoundTrips, ROUND_TRIP_FAULTS, sliceRoundTrips, type RoundTripFault, type RoundTrips } from '../../domain/round-trips.ts';
import type { Balancing } from '../../domain/study-spec.ts';
import type { ServescapeError } from '../../domain/errors.ts';
import { createEventQueue } from './event-queue.ts';
import { MinTree } from './min-tree.ts';
import type { Carrier } from './network.ts';
import type { Context, SimulatedReplica } from './simulated-replica.ts';

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
  /** Made for the random numbers of the loop. */
  readonly carrier: (random: Random) => Carrier;
  readonly balancing: Balancing;
  readonly timeoutMs: number;
  readonly excludeFirst: number;
  /** Leaves out the first and last round of requests. */
  readonly leaveOutEdges: boolean;
  readonly random: Random;
  /** On the work of all batches. */
  readonly trialFactor: number;
  /** Asked before each request with the number issued so far. */
  readonly mayIssue: (issued: number) => boolean;
}

/** A message at the end of a stage of its way; `stage` is the next one. */
type Event =
  | { readonly kind: 'arrive'; readonly request: SimulatedRequest; readonly stage: number }
  | { readonly kind: 'answer'; readonly request: SimulatedRequest; readonly stage: number; readonly fault: RoundTripFault };

const FAULT_INDEX = new Map<RoundTripFault, number>(ROUND_TRIP_FAULTS.map((fault, index) => [fault, index]));
const FIRST_ROWS = 4096;

/**
 * A closed loop as discrete events: exactly `concurrency` requests in flight, the next one sent at the moment its
 * predecessor ends. `step` handles a bounded number of events, so that the caller can breathe in between.
 */
export class SimulatedLoop implements Context<SimulatedRequest> {
  readonly random: Random;
  readonly trialFactor: number;
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
  private readonly carrier: Carrier;
  private readonly events = createEventQueue<Event>();
  /** When each replica wants to be woken. */
  private readonly wakes: MinTree;
  /** Requests each replica has not answered yet. */
  private readonly waiting: MinTree;
  /** Of the first replica that died while it was at work. */
  private death: ServescapeError | null = null;
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
    this.trialFactor = plan.trialFactor;
    this.balancingRandom = plan.random.split('balancing');
    this.carrier = plan.carrier(this.random);
    this.wakes = new MinTree(plan.replicas.map(({ nextWakeMs }) => nextWakeMs));
    this.waiting = new MinTree(plan.replicas.map(() => 0));
    this.sentTo = plan.replicas.map(() => 0);
    for (let slot = 0; slot < plan.concurrency; slot++) this.issue(slot);
  }

  /** Handles up to `most` events; false when nothing is under way any more. Throws when a replica has died. */
  step(most: number): boolean {
    // Between two steps a replica may have been killed from outside.
    for (const { death } of this.plan.replicas) if (death !== null) throw death;
    return this.advance(most);
  }

  /** A step where nobody else can end a replica. */
  advance(most: number): boolean {
    for (let i = 0; i < most; i++) {
      if (this.death !== null) throw this.death;
      if (this.underWay === 0) return false;
      this.handleNext();
    }
    return true;
  }

  /** Requests each replica has not answered yet. */
  get outstanding(): readonly number[] {
    return this.waiting.values();
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

  onServed(request: SimulatedRequest): void {
    if (!request.ended) this.comeBack(request, 0, 'ok');
  }

  private handleNext(): void {
    const deadlineMs = this.nextDeadlineMs();
    const eventMs = this.events.nextMs();
    const nextMs = Math.min(eventMs, deadlineMs);
    const wakeMs = this.wakes.min();
    if (wakeMs < nextMs) {
      const index = this.wakes.firstLeast();
      this.nowMs = wakeMs;
      this.plan.replicas[index]!.wake(wakeMs, this);
      return this.touched(index);
    }
    this.nowMs = nextMs;
    if (deadlineMs < eventMs) return this.end(this.sent[this.sentHead]!, 'timeout');
    const event = this.events.pop()!;
    if (event.request.ended) return;
    if (event.kind === 'answer') this.comeBack(event.request, event.stage, event.fault);
    else this.goThere(event.request, event.stage);
  }

  /** The request enters a stage of its way, or the replica behind the last one. */
  private goThere(request: SimulatedRequest, stage: number): void {
    const { slot, replica } = request;
    const passage = this.carrier.toReplica(stage, slot, replica, this.nowMs);
    if (passage === null) {
      const accepted = this.plan.replicas[replica]!.arrive(request, this.nowMs, this);
      this.touched(replica);
      if (!accepted) this.comeBack(request, 0, 'http-400');
    } else if (passage.reset) this.events.push(passage.atMs, { kind: 'answer', request, stage: 1, fault: 'connection-reset' });
    else this.events.push(passage.atMs, { kind: 'arrive', request, stage: stage + 1 });
  }

  /** The answer enters a stage of its way, or is read. Stage 0 is where it leaves the replica. */
  private comeBack(request: SimulatedRequest, stage: number, fault: RoundTripFault): void {
    const passage = this.carrier.toClient(stage, request.slot, request.replica, this.nowMs);
    if (passage === null) return this.end(request, fault);
    this.events.push(passage.atMs, { kind: 'answer', request, stage: stage + 1, fault: passage.reset ? 'connection-reset' : fault });
  }

  private touched(index: number): void {
    const replica = this.plan.replicas[index]!;
    this.wakes.set(index, replica.nextWakeMs);
    this.death ??= replica.death;
  }

  private end(request: SimulatedRequest, fault: RoundTripFault): void {
    request.ended = true;
    this.underWay--;
    this.waiting.set(request.replica, this.waiting.get(request.replica) - 1);
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
    this.waiting.set(replica, this.waiting.get(replica) + 1);
    this.sent.push(request);
    this.goThere(request, 0);
  }

  private chooseReplica(slot: number): number {
    const count = this.plan.replicas.length;
    switch (this.plan.balancing) {
      case 'round-robin':
        return this.turn++ % count;
      case 'sticky':
        return slot % count;
      case 'random':
        return this.balancingRandom.integer(0, count - 1);
      case 'least-outstanding': {
        const best = this.waiting.firstLeast(this.turn % count);
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
      this.issueOf = widened(this.issueOf);
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

function widened(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
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
