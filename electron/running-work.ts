import type { Services } from '../main/contract/services.ts';

export interface RunningWork {
  /** The same services; what is opened through them is remembered. */
  readonly services: Services;
  /** Names of the studies that are measuring or paused right now. */
  running(): Promise<readonly string[]>;
}

/** Knows which projects are open, so that quitting can say which studies it would stop. */
export function watchRunningWork(services: Services): RunningWork {
  const projectIds = new Set<string>();
  return {
    services: {
      ...services,
      'project.create': async (params) => remember(await services['project.create'](params)),
      'project.open': async (params) => remember(await services['project.open'](params)),
      'project.saveAs': async (params) => remember(await services['project.saveAs'](params)),
      'project.close': async (params) => {
        const result = await services['project.close'](params);
        projectIds.delete(params.projectId);
        return result;
      },
    },
    running: async () => {
      const projects = await Promise.allSettled([...projectIds].map((projectId) => services['project.info']({ projectId })));
      return projects
        .flatMap((project) => (project.status === 'fulfilled' ? project.value.studies : []))
        .filter(({ state }) => state === 'running' || state === 'paused')
        .map(({ name }) => name);
    },
  };

  function remember<P extends { readonly projectId: string }>(project: P): P {
    projectIds.add(project.projectId);
    return project;
  }
}
