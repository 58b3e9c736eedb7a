import { describeValue } from '../../main/domain/sweep.ts';
import { roleOf } from '../charts/duel-history-chart.ts';
import { bestOf } from '../../main/domain/table-one.ts';
import type { Comparison, Contestant, Level } from '../../main/domain/comparison.ts';
import type { SpreadRun } from '../charts/spread-chart.ts';
import type { SweepView } from '../state/sweep.svelte.ts';

/** The round trips behind the box plots: read when the level or its best trials change, kept by the view. */
export class SpreadState {
  runs: readonly SpreadRun[] = $state.raw([]);
  readonly #view: SweepView;
  #asked = '';

  constructor(view: SweepView) {
    this.#view = view;
  }

  /** Best Bayesian and best random run of a level, and random at another level for reference (source report Fig 7). */
  read(comparison: Comparison, level: Level, fail: (error: unknown) => void): void {
    const at = comparison.levels.indexOf(level);
    const other = comparison.levels[at + 1] ?? comparison.levels[at - 1];
    const bayes = bestOf({ bayes: level.bayes, alone: [], random: [] });
    const random = bestOf({ bayes: [], alone: [], random: level.random });
    const alone = bestOf({ bayes: [], alone: level.alone, random: [] });
    const reference = other === undefined ? null : bestOf({ bayes: [], alone: other.alone, random: other.random });
    const wanted = [
      run(bayes, 'bayes', 'Bayesian, best run', level), run(random, 'random', 'Random, best run', level), run(alone, roleOf(this.#view.sweep.spec.base.sampler), 'Best run', level),
      ...(other === undefined ? [] : [run(reference, 'neutral', alone === null ? 'Random, reference' : 'Reference', other)]),
    ].filter((one) => one !== null);
    const key = wanted.map(({ studyId, trial }) => `${studyId}/${trial}`).join(' ');
    if (key === this.#asked) return;
    this.#asked = key;
    const { vary } = this.#view.sweep.spec;
    Promise.all(wanted.map(({ studyId, trial }) => this.#view.roundTrips(studyId, trial))).then((all) => {
      if (key !== this.#asked) return;
      this.runs = all.map(({ points }, i) => {
        const { role, label, value } = wanted[i]!;
        return { role, label, detail: describeValue(vary, value), ms: points.filter(([, , , excluded, fault]) => excluded === 0 && fault === 0).map(([, ms]) => ms) };
      });
    }, fail);
  }
}

interface Wanted extends Pick<SpreadRun, 'role' | 'label'> {
  readonly studyId: string;
  readonly trial: number;
  readonly value: number;
}

function run(contestant: Contestant | null, role: SpreadRun['role'], label: string, { value }: Level): Wanted | null {
  return contestant?.best == null ? null : { studyId: contestant.study.id, trial: contestant.best.number, role, label, value };
}
