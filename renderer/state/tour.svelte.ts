import type { AppState, Screen } from './app.svelte.ts';

export interface TourStep {
  readonly screen: Screen;
  /** What it is about, as a CSS selector; the outline goes round it. */
  readonly about: string;
  readonly title: string;
  readonly text: string;
  /** What Next says when it does more than turn the page. */
  readonly next?: string;
  /** What Next does before the following step is shown. */
  readonly act?: (app: AppState) => Promise<void> | void;
}

/** A first study that is over in about a minute; on Design every number of it can be raised. */
const SMALL = { template: 'mnist', trials: 8, startupTrials: 4, requests: 300 };

export const TOUR: readonly TourStep[] = [
  {
    screen: 'welcome', about: '.templates', title: 'Pick a model', next: 'Take Digits', act: makeSmallStudy,
    text: 'Each tile is a study with everything filled in. The tour takes Digits: a real classifier, served on this machine, no Docker and no download.',
  },
  {
    screen: 'design', about: '.form', title: 'Say what may change',
    text: 'Each row under Search space is a knob with its bounds. The rest says what the world looks like and what to minimise. This study is small: 8 trials of 300 requests.',
  },
  {
    screen: 'design', about: 'aside.side', title: 'See what it means',
    text: 'How long it takes, and which configurations this machine cannot run. Both follow every edit.', next: 'Start the study', act: (app) => app.start(),
  },
  {
    screen: 'run', about: '.charts', title: 'Watch it search',
    text: 'Red circles are drawn at random, blue diamonds are chosen by the model, the green star is the best so far. Pause, step and stop are always safe.',
  },
  {
    screen: 'run', about: 'main.run > .list', title: 'Every trial, with its reason',
    text: 'Newest first. A failed one says why. Enter opens it: requests, replicas, log.', next: 'To the results', act: (app) => app.navigate('results'),
  },
  {
    screen: 'results', about: 'main.results', title: 'Read the answer',
    text: 'The best configuration comes first, in words and with its interval; the charts are the evidence. More trials come in while the study runs. Everything is in one file: Save as… puts it where you want it.', next: 'Done',
  },
];

async function makeSmallStudy(app: AppState): Promise<void> {
  await app.create(SMALL.template);
  app.draft?.edit('tour', (spec) => ({
    ...spec, name: 'First study', budget: { ...spec.budget, trials: SMALL.trials }, measurement: { ...spec.measurement, requests: { kind: 'fixed', count: SMALL.requests } },
    sampler: spec.sampler.kind === 'bayes' ? { ...spec.sampler, startupTrials: SMALL.startupTrials } : spec.sampler,
  }));
}

/** The guided tour: where it stands, or null. It points at the real screens and can be left at any step. */
export class Tour {
  at: number | null = $state(null);
  busy = $state(false);
  readonly #app: AppState;

  constructor(app: AppState) {
    this.#app = app;
  }

  get step(): TourStep | null {
    return this.at === null ? null : TOUR[this.at]!;
  }

  start(): void {
    this.#app.navigate(TOUR[0]!.screen);
    this.at = 0;
  }

  async next(): Promise<void> {
    const { at, step } = this;
    if (at === null || step === null || this.busy) return;
    this.busy = true;
    try {
      await step.act?.(this.#app);
    } finally {
      this.busy = false;
    }
    if (at + 1 === TOUR.length) return this.end();
    this.at = at + 1;
    if (this.#app.screen !== TOUR[at + 1]!.screen) this.#app.navigate(TOUR[at + 1]!.screen);
  }

  end(): void {
    this.at = null;
    this.#app.prefer({ toured: true });
  }
}
