import { z } from 'zod';
import { counted, formatInterval } from '../domain/format.ts';
import { METRICS } from '../domain/metric.ts';
import { bestTrial, countFinished, STUDY_STATES, type Study } from '../domain/study.ts';
import { openProjectFile, type ProjectFile } from './project-file.ts';

export const projectSummarySchema = z.strictObject({ state: z.enum(STUDY_STATES).nullable(), progress: z.string(), best: z.string() });
export type ProjectSummary = z.infer<typeof projectSummarySchema>;

/** The newest study of a file in three words, read without touching the file or its lock; null when unreadable. */
export function summariseFile(path: string): ProjectSummary | null {
  try {
    const project = openProjectFile(path, { readOnly: true });
    try {
      return summariseProject(project);
    } finally {
      project.close();
    }
  } catch {
    return null;
  }
}

export function summariseProject(project: ProjectFile): ProjectSummary {
  const studies = project.studies();
  const last = studies.at(-1);
  if (last === undefined) return { state: null, progress: 'no study yet', best: '' };
  const study = project.study(last.id);
  const before = studies.length > 1 ? `${studies.length} studies, the last ` : '';
  return { state: study.state, progress: before + describeProgress(study), best: describeBest(study) };
}

export function describeProgress(study: Study): string {
  const { trials } = study.spec.budget;
  return `${countFinished(study)} of ${counted(trials, 'trial')}`;
}

/** "best 5.15 ± 0.05 ms"; empty before there is one. */
export function describeBest(study: Study): string {
  const best = bestTrial(study);
  if (best === null || best.value === null) return '';
  const { metric } = study.spec.objective;
  const halfWidth = metric === 'meanRoundTripMs' ? (best.measurement?.halfWidthMs ?? null) : null;
  return `best ${formatInterval(best.value, halfWidth)} ${METRICS[metric].unit}`.trim();
}
