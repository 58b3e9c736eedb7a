import { loadsFromBeside, type StudySpec } from '../../main/domain/study-spec.ts';

/** What the closed row says: "on the usual engine, one trial at a time". */
export function machinesSummary(backend: StudySpec['backend']): string {
  return `${placeWords(backend)}${loadsFromBeside({ backend }) ? ', load from beside the replicas' : ''}`;
}

function placeWords(backend: StudySpec['backend']): string {
  switch (backend.kind) {
    case 'local':
      return 'on this machine';
    case 'simulated':
      return (backend.machines ?? 1) === 1 ? 'one trial at a time' : `${backend.machines} trials at the same time`;
    case 'docker': {
      const { engines = [] } = backend;
      if (engines.length === 0) return 'on the usual engine';
      return engines.length === 1 ? `on ${engines[0]}` : `on ${engines.length} engines, a trial on each at the same time`;
    }
    case 'swarm':
      return backend.placement.length === 0 ? 'on any node with room' : `on nodes with ${backend.placement.join(' and ')}`;
  }
}
