import { applyStudyEvent, type Study } from '../../main/domain/study.ts';
import { ServescapeError } from '../../main/domain/errors.ts';
import type { Client } from '../../main/contract/client.ts';
import type { LiveRun, LiveTrial, RoundTripPoints, StudyUpdate } from '../../main/contract/values.ts';
import type { Configuration } from '../../main/domain/parameter.ts';
import type { NumberedEvent, StudyEvent } from '../../main/domain/study-event.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import type { StudyExplanation, Suggestion, SurrogateSlice, SurrogateSurface } from '../../main/domain/suggestion.ts';
import type { Prediction } from '../../main/domain/trial.ts';

/** Round trips of the running trial as columns of equal length, in order of arrival. Plain arrays: charts read them. */
export interface LiveTrips {
  /** The trial they belong to; 0 before the first. */
  trial: number;
  readonly index: number[];
  readonly roundTripMs: number[];
  /** 1 when left out of the mean. */
  readonly excluded: (0 | 1)[];
  readonly failed: (0 | 1)[];
}

function noTrips(trial: number): LiveTrips {
  return { trial, index: [], roundTripMs: [], excluded: [], failed: [] };
}

const LEAST_MS_BETWEEN_REDRAWS = 100;

/**
 * One open study as the page sees it: the fold of the host's events, what happens live, and the actions on it.
 * Values from the host are replaced, never proxied.
 */
export class StudyView {
  readonly projectId: string;
  readonly studyId: string;
  study: Study = $state.raw()!;
  run: LiveRun | null = $state.raw(null);
  /** Trials in flight as they are right now, in the order they were started. */
  inFlight: readonly LiveTrial[] = $state.raw([]);
  /** Changes whenever `liveTrips` has grown or was emptied, at most ten times a second. */
  liveTripsVersion = $state(0);
  selectedTrial: number | null = $state(null);
  /** Why the study can no longer be watched; null while all is well. */
  fault: ServescapeError | null = $state.raw(null);

  /** Of the trial started last. */
  liveTrips: LiveTrips = noTrips(0);

  readonly #client: () => Client;
  #listeners: readonly ((event: StudyEvent, study: Study) => void)[] = [];
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- a cache; nothing on the page depends on it
  readonly #trips = new Map<string, Promise<RoundTripPoints>>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- `liveTripsVersion` tells when these have grown
  readonly #liveTrips = new Map<number, LiveTrips>();
  #seq = 0;
  #stopWatching: (() => void) | null = null;
  #redrawTimer: ReturnType<typeof setTimeout> | null = null;
  #drawnAt = 0;

  private constructor(client: () => Client, projectId: string, studyId: string) {
    this.#client = client;
    this.projectId = projectId;
    this.studyId = studyId;
  }

  /** Resolves once the first snapshot has arrived, so that `study` is never empty. */
  static async open(client: () => Client, projectId: string, studyId: string): Promise<StudyView> {
    const view = new StudyView(client, projectId, studyId);
    await view.watch();
    return view;
  }

  /** Starts (again) from a fresh snapshot; resolves with it. Also used after a lost connection. */
  watch(): Promise<void> {
    this.#stopWatching?.();
    this.fault = null;
    return new Promise((resolve, reject) => {
      let fresh = false;
      this.#stopWatching = this.#client().watch('study.watch', { projectId: this.projectId, studyId: this.studyId }, {
        onItem: (update) => {
          if (update.kind === 'snapshot') {
            fresh = true;
            this.#adopt(update.seq, update.study);
            resolve();
          } else if (fresh) {
            this.#take(update);
          }
        },
        onError: (error) => {
          if (fresh && error.code !== 'connection-lost') this.fault = error;
          reject(error);
        },
      });
    });
  }

  close(): void {
    this.#stopWatching?.();
    this.#stopWatching = null;
    if (this.#redrawTimer !== null) clearTimeout(this.#redrawTimer);
  }

  /** Every event after the snapshot, already folded in. Returns how to stop listening. */
  onEvent(listener: (event: StudyEvent, study: Study) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => void (this.#listeners = this.#listeners.filter((other) => other !== listener));
  }

  /** The trial started last, as it is right now. */
  get live(): LiveTrial | null {
    return this.inFlight.at(-1) ?? null;
  }

  liveOf(trial: number): LiveTrial | null {
    return this.inFlight.find((live) => live.trial === trial) ?? null;
  }

  liveTripsOf(trial: number): LiveTrips | null {
    return this.#liveTrips.get(trial) ?? (this.liveTrips.trial === trial ? this.liveTrips : null);
  }

  select(trial: number | null): void {
    this.selectedTrial = trial;
  }

  /** What a step would run now; null while a trial runs and when nothing is left to try. */
  next(): Promise<Suggestion | null> {
    return this.#client().call('study.next', this.#ids);
  }

  async start(): Promise<void> {
    await this.#client().call('study.start', this.#ids);
  }

  async pause(): Promise<void> {
    await this.#client().call('study.pause', this.#ids);
  }

  /** Continues a paused run; a study that was stopped or cut off runs on from where it was. */
  async continueRun(): Promise<void> {
    await this.#client().call(this.study.state === 'paused' ? 'study.continue' : 'study.start', this.#ids);
  }

  async step(): Promise<void> {
    await this.#client().call('study.step', this.#ids);
  }

  async stop(when: 'now' | 'after-trial'): Promise<void> {
    await this.#client().call('study.stop', { ...this.#ids, when });
  }

  async addTrials(trials: number): Promise<StudySpec> {
    return (await this.#client().call('study.addTrials', { ...this.#ids, trials })).spec;
  }

  async update(spec: StudySpec): Promise<void> {
    await this.#client().call('study.update', { ...this.#ids, spec });
  }

  /** Keeps the user's words about a trial, or with null about the study. */
  async note(trial: number | null, text: string): Promise<void> {
    await this.#client().call('study.note', { ...this.#ids, trial, text });
  }

  /** Points of one trial, decimated to `limit`; kept once the trial is over. */
  roundTrips(trial: number, limit: number): Promise<RoundTripPoints> {
    const key = `${trial}/${limit}`;
    const kept = this.#trips.get(key);
    if (kept) return kept;
    const points = this.#client().call('trial.roundTrips', { ...this.#ids, trial, limit });
    if (this.study.trials[trial - 1]?.state !== 'running') {
      this.#trips.set(key, points);
      points.catch(() => this.#trips.delete(key));
    }
    return points;
  }

  /** The surrogate along one parameter; null while there is none. `at` null: around the next or best point. */
  /** What the model expects of a configuration; null while it has too little to go on. */
  predict(configuration: Configuration): Promise<Prediction | null> {
    return this.#client().call('study.predict', { ...this.#ids, configuration });
  }

  /** Importance of parameters, leave-one-out check and advice of the model; null while there are too few trials. */
  explain(): Promise<StudyExplanation | null> {
    return this.#client().call('study.explain', this.#ids);
  }

  /** Runs it as the next trial, whether or not a run is in progress. */
  async tryConfiguration(configuration: Configuration): Promise<void> {
    await this.#client().call('study.tryConfiguration', { ...this.#ids, configuration });
  }

  slice(parameter: string, at: Configuration | null): Promise<SurrogateSlice | null> {
    return this.#client().call('study.slice', { ...this.#ids, parameter, at });
  }

  surface(parameters: readonly [string, string], at: Configuration | null): Promise<SurrogateSurface | null> {
    return this.#client().call('study.surface', { ...this.#ids, parameters: [...parameters], at });
  }

  get #ids(): { projectId: string; studyId: string } {
    return { projectId: this.projectId, studyId: this.studyId };
  }

  #adopt(seq: number, study: Study): void {
    this.#seq = seq;
    this.study = study;
  }

  #take(update: Exclude<StudyUpdate, { kind: 'snapshot' }>): void {
    if (update.kind === 'event') this.#fold(update.numbered);
    else this.#show(update.run, update.trial);
  }

  #fold({ seq, event }: NumberedEvent): void {
    if (seq <= this.#seq) return;
    if (seq !== this.#seq + 1) {
      // An event is missing: what we hold can no longer be trusted.
      this.watch().catch(() => undefined);
      return;
    }
    this.#seq = seq;
    this.study = applyStudyEvent(this.study, event);
    if (event.kind === 'trial-finished') {
      this.inFlight = this.inFlight.filter(({ trial }) => trial !== event.trial);
      this.#liveTrips.delete(event.trial);
    }
    if (event.kind === 'run-ended') this.run = null;
    for (const listener of this.#listeners) listener(event, this.study);
  }

  #show(run: LiveRun, trial: LiveTrial | null): void {
    this.run = run;
    if (trial === null) this.inFlight = [];
    // A late word about a trial that is over must not bring it back.
    if (trial === null || (this.study.trials[trial.trial - 1]?.state ?? 'running') !== 'running') return;
    this.inFlight = [...this.inFlight.filter((other) => other.trial !== trial.trial), trial].toSorted((a, b) => a.trial - b.trial);
    const columns = this.#liveTrips.get(trial.trial) ?? noTrips(trial.trial);
    this.#liveTrips.set(trial.trial, columns);
    if (trial.trial >= this.liveTrips.trial) this.liveTrips = columns;
    for (const [index, roundTripMs, excluded, failed] of trial.trips) {
      columns.index.push(index);
      columns.roundTripMs.push(roundTripMs);
      columns.excluded.push(excluded);
      columns.failed.push(failed);
    }
    this.#redraw();
  }

  #redraw(): void {
    if (this.#redrawTimer !== null) return;
    const wait = this.#drawnAt + LEAST_MS_BETWEEN_REDRAWS - performance.now();
    const draw = (): void => {
      this.#redrawTimer = null;
      this.#drawnAt = performance.now();
      this.liveTripsVersion++;
    };
    if (wait <= 0) draw();
    else this.#redrawTimer = setTimeout(draw, wait);
  }
}
