import { ServescapeError } from '../domain/errors.ts';
import type { Study } from '../domain/study.ts';
import type { Services } from '../contract/services.ts';
import { simulateScale } from '../serving/simulated/scale-run.ts';
import { untilLeft } from './docker-services.ts';

export interface ScaleServicesOptions {
  readonly studyOf: (ids: { readonly projectId: string; readonly studyId: string }) => Study;
  readonly anyRunning: () => boolean;
}

/** Past the lab: simulated here, in slices, so that everything else goes on; not beside a study that measures. */
export function scaleServices({ studyOf, anyRunning }: ScaleServicesOptions): Pick<Services, 'scale.simulate'> {
  return {
    'scale.simulate': async ({ projectId, studyId, trial, assumptions }, sink, signal) => {
      if (anyRunning()) {
        throw new ServescapeError('conflict', 'A study is running; a simulation beside it would disturb its measurements.', { hint: 'Simulate when the study has ended.' });
      }
      await simulateScale({ study: studyOf({ projectId, studyId }), trial, assumptions, signal: untilLeft(signal), onUpdate: (update) => sink.item(update) });
      sink.end();
    },
  };
}
