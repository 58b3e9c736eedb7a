import { ROUND_TRIP_FAULTS, type RoundTripFault } from '../domain/round-trips.ts';
import type { Endpoint } from '../study/ports.ts';
import type { Balancer } from './balancer.ts';
import type { ClientConnection, ConnectionEvents, Transport } from './client-connection.ts';
import { GeneralConnection } from './general-connection.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { HttpConnection } from './http-connection.ts';
import { noAnswers } from './no-answers.ts';
import type { Pace, Pacing } from './pacing.ts';
import type { Recorder } from './recorder.ts';
import type { StopRule } from './stop-rule.ts';

export interface LoopPlan {
  readonly endpoints: readonly Endpoint[];
  readonly transport: Transport;
  /** Requests in flight: always (closed), at most (burst), or as expected. */
  readonly concurrency: number;
  readonly pacing: Pacing;
  readonly timeoutMs: number;
  /** HTTP through undici from the start: our own reader has refused this server before. */
  readonly general?: boolean;
  /** First requests to each replica, kept but marked. */
  readonly excludeFirst: number;
  /** First requests in all, kept but marked. */
  readonly excludeIssued: number;
  readonly balancer: Balancer;
  /** Request number n, in order of issue. */
  readonly request: (issued: number) => Buffer;
  readonly isAnswer: (body: Uint8Array, start: number, end: number, issued: number) => boolean;
  readonly stop: StopRule;
  readonly recorder: Recorder;
  readonly onBytes: (nowMs: number) => void;
  /** Open loop: a request went out this much after its intended start. */
  readonly onLate: (lateMs: number) => void;
}

const FAULT_INDEX = new Map<RoundTripFault, number>(ROUND_TRIP_FAULTS.map((fault, index) => [fault, index]));
const OTHER_STATUS = FAULT_INDEX.get('http-other')!;
const BAD_ANSWER = FAULT_INDEX.get('bad-answer')!;
const FIRST_BACKOFF_MS = 10;
const LONGEST_BACKOFF_MS = 500;
/** Servers close idle connections after some seconds; one idle for longer than this is not trusted with a request. */
const STALE_MS = 3000;

/**
 * Sends requests over the replicas, paced by `pacing`, until the stop rule says so. A round trip runs from just before the
 * request is handed to the kernel (in an open loop: from its intended start) to the moment the thread sees the last byte of
 * its answer, on the monotonic clock. Connections are opened beforehand. A replica that refuses connections is left alone for
 * 10 ms, doubling to 500 ms, as long as another one is there to ask.
 */
export class RequestLoop implements ConnectionEvents, Pace {
  /** Requests under way at each replica. */
  readonly outstanding: number[];
  /** performance.now() of the first request and of the last answer. */
  firstMs = 0;
  lastMs = 0;

  private readonly plan: LoopPlan;
  private readonly idle: ClientConnection[][];
  private readonly connections = new Set<ClientConnection>();
  private readonly sentTo: number[];
  private readonly downUntilMs: number[];
  /** The latest of them. */
  private anyDownUntilMs = 0;
  private readonly refusals: number[];
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Our own reader has refused the first answers it saw: from then on undici reads them. */
  private isGeneral: boolean;
  /** Our own reader has read an answer: what it refuses now is the server's fault. */
  private hasRead = false;
  /** Answers it has read. */
  generalAnswers = 0;
  private opening = 0;
  /** Requests given a number so far; those that wait for a replica to come back included. */
  issued = 0;
  /** Requests with a number that have not ended. */
  private underWay = 0;
  private finishing = false;
  /** Requests sent since the last answer that ended without one. */
  private silentFailures = 0;
  private lastAnswerMs = 0;
  private over = false;
  private begun = false;
  private resolve: () => void = () => undefined;
  private reject: (reason: unknown) => void = () => undefined;

  constructor(plan: LoopPlan) {
    this.plan = plan;
    this.isGeneral = plan.general ?? false;
    const perReplica = (): number[] => plan.endpoints.map(() => 0);
    this.outstanding = perReplica();
    this.sentTo = perReplica();
    this.downUntilMs = perReplica();
    this.refusals = perReplica();
    this.idle = plan.endpoints.map(() => []);
  }

  /** Resolves when every request that went out has ended; rejects with the signal's reason or when nothing answers. */
  run(signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = (): void => this.end(() => reject(signal.reason));
      signal.addEventListener('abort', abort, { once: true });
      const done = (): void => signal.removeEventListener('abort', abort);
      this.resolve = () => (done(), resolve());
      this.reject = (reason) => (done(), reject(reason));
      this.open();
    });
  }

  onBytes(nowMs: number): void {
    this.plan.onBytes(nowMs);
  }

  onOpen(connection: ClientConnection): void {
    this.idle[connection.replica]!.push(connection);
    this.opened();
  }

  onIdleClose(connection: ClientConnection): void {
    this.connections.delete(connection);
    const idle = this.idle[connection.replica]!;
    const place = idle.indexOf(connection);
    if (place >= 0) idle.splice(place, 1);
    else this.opened();
  }

  mayIssue(): boolean {
    return !this.over && !this.finishing && this.plan.stop.mayIssue(this.issued);
  }

  finish(): void {
    this.finishing = true;
    /** Not at once: the answer that led here may not be written down yet. */
    if (this.underWay === 0) queueMicrotask(() => this.endWhenIdle());
  }

  later(delayMs: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.over) then();
    }, delayMs);
    this.timers.add(timer);
  }

  /** The next request goes out before this answer is looked at and written down: in a closed loop that time is nobody's. */
  onAnswer(connection: ClientConnection, nowMs: number): void {
    const { reader, replica, slot, request, excluded, intendedMs, sentMs } = connection;
    const { status, body, bodyStart, bodyEnd } = reader;
    this.silentFailures = 0;
    this.lastAnswerMs = nowMs;
    if (this.isGeneral && connection instanceof GeneralConnection) this.generalAnswers++;
    else this.hasRead = true;
    this.refusals[replica] = 0;
    this.release(connection, nowMs);
    if (connection.state === 'idle') this.idle[replica]!.push(connection);
    else this.connections.delete(connection);
    const isLast = !this.next(slot);
    const fault = status !== 200 ? statusFault(status) : this.plan.isAnswer(body, bodyStart, bodyEnd, request) ? 0 : BAD_ANSWER;
    this.record(replica, request, excluded, intendedMs, sentMs, fault, nowMs);
    if (isLast) this.endWhenIdle();
  }

  onFault(connection: ClientConnection, fault: RoundTripFault, nowMs: number): void {
    this.connections.delete(connection);
    const { replica, request, excluded, intendedMs, sentMs, slot } = connection;
    this.release(connection, nowMs);
    this.record(replica, request, excluded, intendedMs, sentMs, FAULT_INDEX.get(fault)!, nowMs);
    if (connection.sentMs >= this.lastAnswerMs) this.silentFailures++;
    if (fault === 'bad-answer' && connection instanceof HttpConnection) this.useGeneral();
    if (fault === 'connection-refused') {
      const refusals = Math.min(10, ++this.refusals[connection.replica]!);
      const until = nowMs + Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (refusals - 1));
      this.downUntilMs[connection.replica] = until;
      this.anyDownUntilMs = Math.max(this.anyDownUntilMs, until);
    }
    const { concurrency, timeoutMs, recorder } = this.plan;
    if (this.silentFailures >= Math.max(3, concurrency) && nowMs - this.lastAnswerMs >= timeoutMs) {
      this.end(() => this.reject(noAnswers(recorder.toRoundTrips(), timeoutMs)));
    } else if (!this.next(slot)) this.endWhenIdle();
  }

  /** Opens the connections that an even spread needs, then starts all slots at once. */
  private open(): void {
    const { endpoints, concurrency, timeoutMs } = this.plan;
    const each = Math.ceil(concurrency / endpoints.length);
    this.opening = each * endpoints.length;
    endpoints.forEach((_, replica) => {
      for (let i = 0; i < each; i++) this.connect(replica);
    });
    this.later(timeoutMs, () => this.begin());
  }

  private opened(): void {
    if (--this.opening === 0) this.begin();
  }

  private begin(): void {
    if (this.begun || this.over) return;
    this.begun = true;
    this.firstMs = this.lastMs = this.lastAnswerMs = performance.now();
    const sweep = setInterval(() => this.sweep(), Math.min(100, Math.max(1, this.plan.timeoutMs / 10)));
    this.timers.add(sweep);
    this.plan.pacing.begin(this, this.firstMs);
  }

  private connect(replica: number): ClientConnection {
    const { transport, endpoints } = this.plan;
    const endpoint = endpoints[replica]!;
    const connection = transport.kind === 'grpc' ? new GrpcConnection(endpoint, replica, this, transport.path)
      : this.isGeneral ? new GeneralConnection(endpoint, replica, this) : new HttpConnection(endpoint, replica, this);
    this.connections.add(connection);
    return connection;
  }

  /** Our own reader takes what TensorFlow Serving and its kind send, and no more. What it refuses, undici may still understand. */
  private useGeneral(): void {
    if (this.isGeneral || this.hasRead) return;
    this.isGeneral = true;
    for (const idle of this.idle) for (const connection of idle.splice(0)) {
      this.connections.delete(connection);
      connection.drop();
    }
  }

  issue(slot: number, intendedMs = NaN): void {
    this.underWay++;
    this.dispatch(slot, this.issued++, intendedMs);
  }

  /** Sends request `number`, now or when a replica has come back. */
  private dispatch(slot: number, number: number, intendedMs: number): void {
    if (this.over) return;
    const nowMs = performance.now();
    const replica = this.choose(slot, nowMs);
    if (replica < 0) {
      this.later(Math.max(1, Math.min(...this.downUntilMs) - nowMs), () => this.dispatch(slot, number, intendedMs));
      return;
    }
    const connection = this.take(replica, nowMs);
    connection.request = number;
    connection.slot = slot;
    connection.excluded = this.sentTo[replica]!++ < this.plan.excludeFirst || number < this.plan.excludeIssued;
    connection.intendedMs = intendedMs;
    connection.sentMs = nowMs;
    connection.deadlineMs = nowMs + this.plan.timeoutMs;
    connection.late = false;
    this.outstanding[replica]!++;
    connection.send(this.plan.request(number));
  }

  /** Lets the pacing answer the end of a request of `slot`; false when nothing more will go out. */
  private next(slot: number): boolean {
    this.underWay--;
    if (!this.finishing) this.plan.pacing.ended(this, slot, this.underWay);
    return !this.finishing;
  }

  private endWhenIdle(): void {
    if (this.finishing && this.underWay === 0) this.end(this.resolve);
  }

  /** A replica that is not in its back-off; -1 when all are. */
  private choose(slot: number, nowMs: number): number {
    const { endpoints, balancer } = this.plan;
    if (nowMs >= this.anyDownUntilMs) return endpoints.length === 1 ? 0 : balancer(this.outstanding, slot);
    const outstanding = this.outstanding.map((count, i) => (nowMs < this.downUntilMs[i]! ? Infinity : count));
    for (let attempt = 0; attempt < endpoints.length; attempt++) {
      const replica = balancer(outstanding, slot + attempt);
      if (nowMs >= this.downUntilMs[replica]!) return replica;
    }
    return this.downUntilMs.findIndex((until) => nowMs >= until);
  }

  private take(replica: number, nowMs: number): ClientConnection {
    const idle = this.idle[replica]!;
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (nowMs - connection.idleSinceMs < STALE_MS) return connection;
      this.connections.delete(connection);
      connection.drop();
    }
    return this.connect(replica);
  }

  /** The connection has no request any more. */
  private release(connection: ClientConnection, nowMs: number): void {
    this.outstanding[connection.replica]!--;
    this.lastMs = nowMs;
    connection.request = -1;
    connection.deadlineMs = Infinity;
  }

  private record(replica: number, request: number, excluded: boolean, intendedMs: number, sentMs: number, fault: number, nowMs: number): void {
    const startMs = intendedMs >= 0 ? intendedMs : sentMs;
    if (intendedMs >= 0) this.plan.onLate(Math.max(0, sentMs - intendedMs));
    this.plan.recorder.add(startMs, nowMs - startMs, replica, fault, excluded, request);
  }

  /**
   * Gives up requests past their deadline, but only when a sweep before found them late already: in between the event loop has
   * handed over every answer that was waiting in the kernel, so a stalled thread does not turn answers into time-outs.
   */
  private sweep(): void {
    const nowMs = performance.now();
    for (const connection of [...this.connections]) {
      if (nowMs < connection.deadlineMs) continue;
      if (connection.late) connection.giveUp('timeout');
      connection.late = true;
    }
  }

  private end(then: () => void): void {
    if (this.over) return;
    this.over = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const connection of this.connections) connection.drop();
    this.connections.clear();
    then();
  }
}

function statusFault(status: number): number {
  return FAULT_INDEX.get(`http-${status}` as RoundTripFault) ?? OTHER_STATUS;
}
