import { bestTrial, countFinished, runningTrial, type Study } from '../domain/study.ts';
import type { Services } from '../contract/services.ts';
import type { Capacity } from '../domain/machine.ts';
import type { Configuration } from '../domain/parameter.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { Chooser } from '../study/ports.ts';
import type { OpenStudy } from './open-study.ts';

type ModelMethod = 'study.slice' | 'study.surface' | 'study.next' | 'study.predict' | 'study.explain';

/** What the sampler's model says of a study: the part of the contract that asks and changes nothing. */
export function modelServices({ chooser, capacityOf, open }: {
  readonly chooser: Chooser;
  readonly capacityOf: (spec: StudySpec) => Promise<Capacity>;
  readonly open: (ids: { readonly projectId: string; readonly studyId: string }) => OpenStudy;
}): Pick<Services, ModelMethod> {
  return {
    'study.slice': async ({ parameter, at, ...ids }) => {
      const asked = open(ids);
      const study = asked.study();
      const anchor = anchorOf(study, at);
      return anchor && chooser.slice(study, await capacityOf(study.spec), parameter, anchor, asked.earlier());
    },
    'study.surface': async ({ parameters, at, ...ids }) => {
      const asked = open(ids);
      const study = asked.study();
      const anchor = anchorOf(study, at);
      return anchor && chooser.surface(study, await capacityOf(study.spec), parameters, anchor, asked.earlier());
    },
    'study.next': async (ids) => {
      const asked = open(ids);
      const study = asked.study();
      if (runningTrial(study) !== null || countFinished(study) >= study.spec.budget.trials) return null;
      // Samplers are stateless and seeded by the number of the trial: asking twice gives the same answer.
      return chooser.ask(study, await capacityOf(study.spec), new AbortController().signal, asked.earlier());
    },
    'study.predict': async ({ configuration, ...ids }) => {
      const asked = open(ids);
      const study = asked.study();
      return chooser.predict(study, await capacityOf(study.spec), configuration, asked.earlier());
    },
    'study.explain': async (ids) => {
      const asked = open(ids);
      const study = asked.study();
      return chooser.explain(study, await capacityOf(study.spec), asked.earlier());
    },
  };
}

/** Where a cut through the model lies: as asked, else at the best, else at the last trial; null before there is one. */
function anchorOf(study: Study, at: Configuration | null): Configuration | null {
  return at ?? bestTrial(study)?.configuration ?? study.trials.at(-1)?.configuration ?? null;
}
