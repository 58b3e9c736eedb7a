import type { ClockSetting, EnergyReading, GpuClockList, GpuReading } from '../domain/gpu.ts';
import type { NumberedEvent, StudyEvent } from '../domain/study-event.ts';
import type { Configuration } from '../domain/parameter.ts';
import type { Capacity, Machine } from '../domain/machine.ts';
import type { NetworkReading } from '../domain/network.ts';
import type { RoundTrips } from '../domain/round-trips.ts';
import type { RacingBar } from '../domain/sureness.ts';
import type { ServingConfiguration } from '../domain/serving-configuration.ts';
import type { BackendKind, Environment, MeasurementSpec, ModelSpec, NetworkImpairment, StudySpec } from '../domain/study-spec.ts';
import type { Study } from '../domain/study.ts';
import type { StudyExplanation, Suggestion, SurrogateSlice, SurrogateSurface } from '../domain/suggestion.ts';
import type { Prediction } from '../domain/trial.ts';
import type { TaughtStudy } from '../optimizer/study-request.ts';

/**
 * How the story of a study sees the world. Types only; the rooms behind them pass the conformance suites in
 * test/conformance. Everything long takes an AbortSignal; an abort rejects with the signal's reason.
 */

// --- serving ---------------------------------------------------------------------------------------------------------

export interface ReplicaStatus {
  readonly index: number;
  readonly state: 'starting' | 'ready' | 'gone';
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Where gRPC is spoken; absent: on `port` too. */
  readonly grpcPort?: number;
}

/** Read since the deployment was ready or since the last call. CPU in cores, memory in MB. */
export interface ReplicaObservation {
  readonly cpuCores: number | null;
  readonly memoryMb: number | null;
  /** Share of scheduler periods stopped by the CPU limit, 0–1; null when unknown. */
  readonly throttledShare: number | null;
}

export interface ServerObservation {
  readonly meanBatchSize: number;
  readonly meanQueueMs: number;
  readonly paddedShare: number;
}

/** Replicas that are up and ready. */
export interface Deployment {
  readonly endpoints: readonly Endpoint[];
  /** The same replicas as a program on their own machine reaches them; absent where that is this machine. */
  readonly endpointsBeside?: readonly Endpoint[];
  /** The way to the replicas' machine and back, ms, where connecting to an endpoint does not go all of it; null when it cannot be told. */
  networkMs?(): Promise<number | null>;
  /** How limits are enforced, in words; stored with the trial. */
  readonly enforcement: string;
  /** Set when the backend keeps bytes back as `network` asks; absent: whoever sends has to. */
  readonly network?: NetworkReading;
  /** Starts a fresh observation window. */
  beginObservation(): Promise<void>;
  /** Mean CPU and peak memory of each replica over the window; server-side counters over the same window. */
  observe(): Promise<{ readonly replicas: readonly ReplicaObservation[]; readonly server: ServerObservation | null }>;
  /** Last reading of each replica for the live view, at most a second old. */
  latest(): readonly ReplicaObservation[];
  /** Rejects with a typed error as soon as a replica dies; never resolves. */
  readonly died: Promise<never>;
  /** Hands the replicas back: parked for reuse when healthy, ended when not. Never throws. */
  release(options: { readonly reusable: boolean }): Promise<void>;
}

export interface ServingBackend {
  readonly kind: BackendKind;
  /** Brings up exactly the configuration by the smallest change from what runs; throws ServescapeError with the log. */
  deploy(request: {
    readonly serving: ServingConfiguration;
    readonly model: ModelSpec;
    /** What should happen to bytes on their way; a backend may see to it itself. Absent: nothing. */
    readonly network?: NetworkImpairment;
    readonly readyTimeoutMs: number;
    readonly labels: { readonly project: string; readonly study: string; readonly trial: number };
    readonly signal: AbortSignal;
    readonly onReplica: (status: ReplicaStatus) => void;
  }): Promise<Deployment>;
  /** Removes what an earlier, killed app left behind; returns what was removed, in words. */
  sweep(): Promise<readonly string[]>;
  /** Ends replicas kept for reuse; the next deploy starts afresh. */
  releaseParked(): Promise<void>;
  /** Ends everything this backend started, for good. Idempotent. */
  close(): Promise<void>;
}

// --- load ------------------------------------------------------------------------------------------------------------

export interface LoadPlan {
  readonly endpoints: readonly Endpoint[];
  readonly model: ModelSpec;
  readonly environment: Environment;
  readonly measurement: MeasurementSpec;
  readonly seed: string;
  /** The run may end early when it is clearly worse. Null or absent: it may not. */
  readonly bar?: RacingBar | null;
}

/** At most ten a second. `trips` holds what finished since the last tick (decimated above 500). */
export interface LoadTick {
  readonly finished: number;
  /** Requests planned; for "until sure" the present estimate. */
  readonly planned: number;
  readonly failed: number;
  readonly meanMs: number | null;
  readonly halfWidthMs: number | null;
  readonly throughputRps: number;
  readonly lagMs: number;
  /** Outstanding requests per replica. */
  readonly waiting: readonly number[];
  readonly trips: readonly { readonly index: number; readonly roundTripMs: number; readonly excluded: boolean; readonly failed: boolean }[];
}

export interface LoadResult {
  readonly trips: RoundTrips;
  readonly durationS: number;
  readonly lagMsP99: number;
  readonly cpuShare: number;
  /** For "until sure": whether the interval became narrow enough. */
  readonly sure: boolean;
  /** Open loop: requests due per second, and how late they went out, 99th percentile. */
  readonly offeredRps?: number;
  readonly lateMsP99?: number;
  readonly threads?: number;
  /** Which client read the answers when it was not the generator's own: that one had refused the server's. */
  readonly client?: 'undici';
  /** Sent from a container on this engine, beside the replicas, which is so far from here and back. Absent: from this machine. */
  readonly beside?: { readonly engine: string; readonly awayMs: number };
  /** Processor core the threads were kept on. */
  readonly pinnedCore?: number | null;
  /** HDR histogram of the counted round trips, µs, base64. */
  readonly histogram?: string;
  /** What the proxies of an impaired network did; absent without them. */
  readonly network?: NetworkReading;
  /** Ended early by racing. */
  readonly raced?: { readonly savedRequests: number; readonly savedS: number; readonly incumbentMs: number } | null;
}

export interface LoadGenerator {
  run(plan: LoadPlan, options: { readonly signal: AbortSignal; readonly onTick: (tick: LoadTick) => void }): Promise<LoadResult>;
  /** The way to the replicas and back without any work, ms, median over a few connections each; null when none could be made. */
  networkMs?(endpoints: readonly Endpoint[]): Promise<number | null>;
  close(): Promise<void>;
}

// --- choosing --------------------------------------------------------------------------------------------------------

/** Runs off the main thread. `earlier`: other studies whose trials the model may learn from. */
export interface Chooser {
  /** Null when every configuration of a finite space has been tried. */
  ask(study: Study, capacity: Capacity, signal: AbortSignal, earlier?: readonly TaughtStudy[]): Promise<Suggestion | null>;
  slice(
    study: Study, capacity: Capacity, parameter: string, at: Configuration, earlier?: readonly TaughtStudy[],
  ): Promise<SurrogateSlice | null>;
  surface(
    study: Study, capacity: Capacity, parameters: readonly [string, string], at: Configuration, earlier?: readonly TaughtStudy[],
  ): Promise<SurrogateSurface | null>;
  /** What the model expects of a configuration; null while it has too little to go on. */
  predict(
    study: Study, capacity: Capacity, configuration: Configuration, earlier?: readonly TaughtStudy[],
  ): Promise<Prediction | null>;
  /** Null while there are too few trials. */
  explain(study: Study, capacity: Capacity, earlier?: readonly TaughtStudy[]): Promise<StudyExplanation | null>;
  close(): Promise<void>;
}

// --- keeping ---------------------------------------------------------------------------------------------------------

/** One study's part of the project file. `append` returns once the event is committed. */
export interface StudyStore {
  append(event: StudyEvent): NumberedEvent;
  appendRoundTrips(trial: number, trips: RoundTrips): void;
}

// --- the rest --------------------------------------------------------------------------------------------------------

export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Wall time, ISO 8601. */
  nowIso(): string;
}

export interface MachineFacts {
  read(): Promise<Machine>;
  /** Share of all processors busy with other work right now, 0–1; null when unknown. */
  backgroundLoad(): Promise<number | null>;
}

// --- hardware --------------------------------------------------------------------------------------------------------

/** The clock of the GPUs a study uses. Every change is noted on disk before it is made, and given back. */
export interface GpuClocks {
  /** The clocks that can be set; asks the driver, which is not harmless on every card. Throws `clock-refused` with the reason. */
  supported(): Promise<GpuClockList>;
  /** Sets one of them on every card and reads it back. Throws `clock-refused` with the reason and what an administrator can do. */
  set(clockMhz: number, memoryMhz: number | null): Promise<ClockSetting>;
  /** Gives back what `set` changed; what could not be given back, in words. Never throws. Idempotent. */
  restore(): Promise<readonly string[]>;
}

/** What the hardware did from `watch` to `end`. */
export interface HardwareReading {
  /** Null: no GPU takes part. */
  readonly gpu: Omit<GpuReading, 'clock' | 'movedShare'> | null;
  /** SM clock of each sample with work on the card, MHz. */
  readonly busyClocksMhz: readonly number[];
  readonly energy: Omit<EnergyReading, 'joulesPerRequest'>;
}

export interface Hardware {
  readonly clocks: GpuClocks;
  /** Starts reading at least once a second; `end` stops and never throws. */
  watch(): { end(): Promise<HardwareReading> };
}

/** What one backend kind brings along; compose.ts builds it. `simulated` has its own clock and load generator. */
export interface Lab {
  readonly backend: ServingBackend;
  readonly load: LoadGenerator;
  readonly clock: Clock;
  readonly machine: MachineFacts;
  /** Absent: neither GPU nor energy are looked at. */
  readonly hardware?: Hardware;
  /** What its machine is called where a study has several. */
  readonly name?: string;
  /** Only where several machines share a virtual time. */
  readonly order?: TimeOrder;
}

/** Keeps what happens on several simulated machines in the order of their common time. */
export interface TimeOrder {
  /** Resolves when no busy machine is earlier than this one. */
  turn(): Promise<void>;
  /** This machine has nothing to do and holds nobody up, until it works again. */
  rest(): void;
}

export type LabFor = (spec: StudySpec) => Lab;

/** One lab for each machine a study may use at once; the first is the one others are compared to. */
export type LabsFor = (spec: StudySpec) => readonly Lab[];
