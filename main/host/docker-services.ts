import { replicaCapacity } from '../domain/machine.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { Study } from '../domain/study.ts';
import { ServescapeError } from '../domain/errors.ts';
import type { LeaveSignal, Services } from '../contract/services.ts';
import { composeFiles } from '../report/compose-file.ts';
import type { ImageRoom } from '../serving/docker/images.ts';
import { probeRange } from '../study/range-probe.ts';
import type { LabFor, MachineFacts } from '../study/ports.ts';
import { composeProject, type ComposeSources } from './compose-project.ts';

export interface DockerServicesOptions {
  readonly images: ImageRoom;
  readonly labFor: LabFor;
  readonly machineFor: (spec: StudySpec) => MachineFacts;
  readonly studyOf: (ids: { readonly projectId: string; readonly studyId: string }) => Study;
  readonly compose: ComposeSources;
}

export type DockerServices = Pick<Services, 'images.list' | 'images.prepare' | 'range.probe' | 'trial.compose'>;

/** Images, the range probe and the compose file. Leaving a stream gives up what it does. */
export function createDockerServices({ images, labFor, machineFor, studyOf, compose }: DockerServicesOptions): DockerServices {
  return {
    'images.list': () => images.list(),
    'images.prepare': async ({ reference }, sink, signal) => {
      await images.prepare(reference, (progress) => sink.item(progress), untilLeft(signal));
      sink.end();
    },
    'range.probe': async ({ spec }, sink, signal) => {
      const capacity = replicaCapacity(await machineFor(spec).read());
      const probe = await probeRange({ spec, lab: labFor(spec), capacity, signal: untilLeft(signal), onUpdate: (update) => sink.item(update) });
      sink.item({ kind: 'done', probe });
      sink.end();
    },
    'trial.compose': async ({ projectId, studyId, trial, style }) => composeFiles(composeProject(studyOf({ projectId, studyId }), trial, compose), style),
  };
}

/** Aborts when the watcher of a stream leaves. */
export function untilLeft(signal: LeaveSignal): AbortSignal {
  const abort = new AbortController();
  const stop = (): void => abort.abort(new ServescapeError('aborted', 'Given up on request.'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return abort.signal;
}
