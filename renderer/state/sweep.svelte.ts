import { applyStudyEvent, type Study } from '../../main/domain/study.ts';
import { applySweepEvent, type Sweep } from '../../main/domain/sweep.ts';
import type { Client } from '../../main/contract/client.ts';
import type { RoundTripPoints } from '../../main/contract/values.ts';

/** A sweep or duel as the page sees it: the fold of its events and of its studies'. Values are replaced, never proxied. */
export class SweepView {
  readonly projectId: string;
  readonly sweepId: string;
  sweep: Sweep = $state.raw()!;
  studies: readonly Study[] = $state.raw([]);
  readonly #client: () => Client;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- a cache; nothing on the page depends on it
  readonly #trips = new Map<string, Promise<RoundTripPoints>>();
  #stop: () => void = () => undefined;

  private constructor(client: () => Client, projectId: string, sweepId: string) {
    this.#client = client;
    this.projectId = projectId;
    this.sweepId = sweepId;
  }

  /** Resolves once the whole has arrived. */
  static open(client: () => Client, projectId: string, sweepId: string): Promise<SweepView> {
    const view = new SweepView(client, projectId, sweepId);
    return new Promise((resolve, reject) => {
      view.#stop = client().watch('sweep.watch', { projectId, sweepId }, {
        onItem: (update) => {
          if (update.kind === 'snapshot') {
            view.sweep = update.sweep;
            view.studies = update.studies;
            resolve(view);
          } else if (update.kind === 'sweep') view.sweep = applySweepEvent(view.sweep, update.event);
          else {
            const { event } = update.numbered;
            view.studies = view.studies.map((study) => (study.id === update.studyId ? applyStudyEvent(study, event) : study));
          }
        },
        onError: reject,
      });
    });
  }

  async start(): Promise<void> {
    await this.#client().call('sweep.start', this.#ids);
  }

  async stop(when: 'now' | 'after-trial'): Promise<void> {
    await this.#client().call('sweep.stop', { ...this.#ids, when });
  }

  /** Every round trip of a finished trial of one of its studies. */
  roundTrips(studyId: string, trial: number): Promise<RoundTripPoints> {
    const key = `${studyId}/${trial}`;
    const known = this.#trips.get(key);
    if (known) return known;
    const asked = this.#client().call('trial.roundTrips', { projectId: this.projectId, studyId, trial, limit: 100_000 });
    this.#trips.set(key, asked);
    asked.catch(() => this.#trips.delete(key));
    return asked;
  }

  close(): void {
    this.#stop();
  }

  get #ids(): { projectId: string; sweepId: string } {
    return { projectId: this.projectId, sweepId: this.sweepId };
  }
}
