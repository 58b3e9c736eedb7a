import { formatInterval } from '../domain/format.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import { dockerBackendSchema } from '../domain/study-spec.ts';
import { bestTrial, type Study } from '../domain/study.ts';
import { ServescapeError } from '../domain/errors.ts';
import type { ComposeProject } from '../report/compose-file.ts';
import { batchingFileText, monitoringFileText } from '../serving/batching-file.ts';
import { commandOf } from '../serving/docker/container-plan.ts';
import { findModelFolder } from '../serving/docker/model-folder.ts';
import type { ModelPlaces } from '../serving/local/model-folder.ts';
import { isBundledImage } from '../serving/docker/server-image.ts';

export interface ComposeSources extends ModelPlaces {
  /** The bundled server's image by its full name. */
  readonly bundledImage: string;
}

const FIRST_PORT = 8501;

/** A trial's configuration, whatever it was measured on, as Docker would run it. Null: the best trial. */
export function composeProject(study: Study, trialNumber: number | null, { bundledImage, ...places }: ComposeSources): ComposeProject {
  const trial = trialNumber === null ? bestTrial(study) : study.trials[trialNumber - 1];
  if (!trial) {
    throw new ServescapeError('not-found', trialNumber === null ? 'This study has no best trial yet.' : `This study has no trial ${trialNumber}.`, {
      hint: study.trials.length === 0 ? 'Run it first.' : `There are trials 1 to ${study.trials.length}.`,
    });
  }
  const { spec } = study;
  const docker = spec.backend.kind === 'docker' ? spec.backend : dockerBackendSchema.parse({ kind: 'docker' });
  const serving = servingConfiguration(spec, trial.configuration);
  const { measurement } = trial;
  return {
    name: `${spec.name} trial ${trial.number}`,
    remarks: [
      `Servescape: ${spec.name}, trial ${trial.number}.`,
      ...(measurement === null ? [] : [`Measured there: mean round trip ${formatInterval(measurement.meanRoundTripMs, measurement.halfWidthMs)} ms with ${spec.environment.concurrency} concurrent requests.`]),
    ],
    serving, modelName: spec.model.workload, modelFolder: findModelFolder(docker, spec.model, places).basePath,
    image: isBundledImage(docker.image) ? bundledImage : docker.image,
    command: commandOf(docker, serving), batchingText: batchingFileText(serving), monitoringText: monitoringFileText(),
    firstPort: FIRST_PORT, gpus: docker.gpus, cpuset: null,
  };
}
