import type { Services } from '../contract/services.ts';
import type { ProjectFile } from '../project/project-file.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';

type SweepMethod = Extract<keyof Services, `sweep.${string}`>;

/** Queues of studies: the part of the contract about sweeps and duels. */
export function sweepServices(projects: OpenProjects, writable: (project: OpenProject) => OpenProject, mayStart: (file: ProjectFile, sweepIds: readonly string[]) => void): Pick<Services, SweepMethod> {
  return {
    'sweep.list': async ({ projectId }) => projects.get(projectId).file.sweeps(),
    'sweep.create': async ({ projectId, spec }) => writable(projects.get(projectId)).file.createSweep(spec, new Date().toISOString()),
    'sweep.start': async ({ projectId, sweepId }) => {
      const { file, sweeps } = writable(projects.get(projectId));
      mayStart(file, [sweepId]);
      sweeps.start(sweepId);
      return null;
    },
    'sweep.startAll': async ({ projectId }) => {
      const { file, sweeps } = writable(projects.get(projectId));
      mayStart(file, file.sweeps().map(({ id }) => id));
      sweeps.startAll();
      return null;
    },
    'sweep.stop': async ({ projectId, sweepId, when }) => {
      projects.get(projectId).sweeps.stop(sweepId, when);
      return null;
    },
    'sweep.watch': ({ projectId, sweepId }, sink, signal) => {
      const unwatch = projects.get(projectId).sweeps.watch(sweepId, (update) => sink.item(update));
      signal.addEventListener('abort', unwatch, { once: true });
    },
  };
}
