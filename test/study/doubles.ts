import { readFileSync } from 'node:fs';
import { ServescapeError } from '../../main/domain/errors.ts';
import { emptyRoundTrips, type RoundTrips } from '../../main/domain/round-trips.ts';
import { sampleUniform } from '../../main/domain/search-space.ts';
import { createRandom } from '../../main/domain/random.ts';
import { applyStudyEvent, countFinished, type Study } from '../../main/domain/study.ts';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import type { NumberedEvent, StudyEvent } from '../../main/domain/study-event.ts';
import type { Suggestion } from '../../main/domain/suggestion.ts';
import type { Chooser, Deployment, Lab, LoadResult, StudyStore } from '../../main/study/ports.ts';

/** The simulated template, with what a test wants different. */
export function specOf(change: (spec: StudySpec) => StudySpec = (spec) => spec): StudySpec {
  const file = new URL('../../resources/templates/simulated.json', import.meta.url);
  return change(studySpecSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
}

export interface MemoryStore extends StudyStore {
  readonly events: StudyEvent[];
  readonly trips: Map<number, RoundTrips>;
  readonly study: () => Study;
}

export function memoryStore(spec: StudySpec): MemoryStore {
  const events: StudyEvent[] = [{ kind: 'study-created', at: '2026-01-01T00:00:00.000Z', studyId: 's', spec }];
  const trips = new Map<number, RoundTrips>();
  let study = applyStudyEvent(null, events[0]!);
  return {
    events, trips,
    study: () => study,
    append: (event): NumberedEvent => {
      study = applyStudyEvent(study, event);
      events.push(event);
      return { seq: events.length, event };
    },
    appendRoundTrips: (trial, columns) => void trips.set(trial, columns),
  };
}

/** Draws at random without a thread. */
export function randomChooser(extra: Partial<Suggestion> = {}): Chooser {
  return {
    ask: async (study) => ({
      configuration: sampleUniform(
        study.spec.space.map((parameter) => (parameter.name === 'replicas' || parameter.name === 'cpuCores' ? narrowed(parameter) : parameter)),
        createRandom(study.spec.seed).split(countFinished(study)),
      ),
      origin: 'random', prediction: null, largestExpectedGain: null, ...extra,
    }),
    slice: async () => null,
    surface: async () => null,
    predict: async () => null,
    explain: async () => null,
    close: async () => undefined,
  };
}

function narrowed(parameter: StudySpec['space'][number]): StudySpec['space'][number] {
  return parameter.kind === 'integer' || parameter.kind === 'real' ? { ...parameter, high: parameter.low } : parameter;
}

export interface LabScript {
  /** Called at each deploy; throws to fail it. */
  readonly deploy?: (trial: number, signal: AbortSignal) => Promise<void> | void;
  /** What the load gives; throws to fail it. */
  readonly load?: (trial: number, signal: AbortSignal) => Promise<LoadResult> | LoadResult;
  /** Rejects when a replica dies. */
  readonly died?: Promise<never>;
}

export interface LabLog {
  readonly released: boolean[];
  deployed: number;
  closed: number;
}

/** A lab whose behaviour a test writes down; its clock moves 1 s per deploy and 2 s per load. */
export function scriptedLab(script: LabScript = {}): { readonly lab: Lab; readonly log: LabLog } {
  const log: LabLog = { released: [], deployed: 0, closed: 0 };
  let nowMs = 0;
  let current = 0;
  const deployment: Deployment = {
    endpoints: [{ host: 'nowhere', port: 1 }],
    enforcement: 'scripted',
    beginObservation: async () => undefined,
    observe: async () => ({ replicas: [{ cpuCores: 0.5, memoryMb: 120, throttledShare: 0.1 }], server: null }),
    latest: () => [],
    died: script.died ?? new Promise(() => undefined),
    release: async ({ reusable }) => void log.released.push(reusable),
  };
  const lab: Lab = {
    backend: {
      kind: 'simulated',
      deploy: async ({ labels, signal }) => {
        current = labels.trial;
        nowMs += 1000;
        await script.deploy?.(labels.trial, signal);
        log.deployed++;
        return deployment;
      },
      sweep: async () => [],
      releaseParked: async () => undefined,
      close: async () => void log.closed++,
    },
    load: {
      run: async (_plan, { signal }) => {
        nowMs += 2000;
        return (await script.load?.(current, signal)) ?? steadyLoad();
      },
      close: async () => undefined,
    },
    clock: { nowMs: () => nowMs, nowIso: () => new Date(Date.UTC(2026, 0, 1) + nowMs).toISOString() },
    machine: {
      read: async () => ({
        hostname: 'scripted', platform: 'test', processor: 'none', cores: 8, memoryMb: 32_768, gpus: [], nodeVersion: 'v24',
        appVersion: '0.0.0',
      }),
      backgroundLoad: async () => 0,
    },
  };
  return { lab, log };
}

/** Two slow first requests, then a steady 10 ± 1 ms. */
export function steadyLoad(count = 400, fault = 0): LoadResult {
  const random = createRandom('steady');
  const trips = emptyRoundTrips(count);
  for (let i = 0; i < count; i++) {
    trips.startMs[i] = i * 10;
    trips.roundTripMs[i] = i < 2 ? 80 : 10 + random.normal();
    trips.excluded[i] = i < 2 ? 1 : 0;
    trips.fault[i] = fault;
  }
  return { trips, durationS: count / 100, lagMsP99: 0.05, cpuShare: 0.1, sure: true };
}

/** Rejects when the signal aborts: the way every long step of a lab behaves. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = (): void => reject(signal.reason as Error);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

export function outOfMemory(): ServescapeError {
  return new ServescapeError('out-of-memory', 'Replica 1 ran out of memory.', { hint: 'Raise the memory.', log: ['line 1', 'line 2'] });
}
