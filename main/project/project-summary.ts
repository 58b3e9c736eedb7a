import { formatInterval } from '../domain/format.ts';
import { METRICS } from '../domain/metric.ts';
import { bestTrial, countFinished, type Study, type StudyState } from '../domain/study.ts';
import { openProjectFile } from './project-file.ts';

export interface ProjectSummary {
  readonly name: string;
  readonly state: StudyState | null;
  readonly progress: string;
  readonly best: string;
}

/** The newest study of a file in three words, read without touching the file or its lock; null when unreadable. */
export function summariseProject(path: string): ProjectSummary | null {
  try {
    const project = openProjectFile(path, { readOnly: true });
    try {
      const last = project.studies().at(-1);
      if (last === undefined) return { name: project.name, state: null, progress: 'no study yet', best: '' };
      const study = project.study(last.id);
      return { name: project.name, state: study.state, progress: describeProgress(study), best: describeBest(study) };
    } finally {
      project.close();
    }
  } catch {
    return null;
  }
}

export function describeProgress(study: Study): string {
  const { trials } = study.spec.budget;
  return `${countFinished(study)} of ${trials} ${trials === 1 ? 'trial' : 'trials'}`;
}

/** "best 5.15 ± 0.05 ms"; empty before there is one. */
export function describeBest(study: Study): string {
  const best = bestTrial(study);
  if (best === null || best.value === null) return '';
  const { metric } = study.spec.objective;
  const halfWidth = metric === 'meanRoundTripMs' ? (best.measurement?.halfWidthMs ?? null) : null;
  return `best ${formatInterval(best.value, halfWidth)} ${METRICS[metric].unit}`.trim();
}
