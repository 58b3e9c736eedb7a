import { usableCores } from '../domain/feasibility.ts';
import { reportProgramme, type ProgrammePart, type ReportScale } from '../domain/report-programme.ts';
import { planSweep } from '../domain/sweep.ts';
import { planTime } from '../study/plan.ts';
import { templateById } from './templates.ts';
import type { Capacity } from '../domain/machine.ts';
import type { Services } from '../contract/services.ts';
import type { PlannedPart } from '../contract/sweep-methods.ts';
import type { ProjectInfo, TemplateInfo } from '../contract/values.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { SweepSpec } from '../domain/sweep.ts';

export interface ReportServicesOptions {
  readonly templates: () => Promise<readonly TemplateInfo[]>;
  readonly capacityOf: (spec: StudySpec) => Promise<Capacity>;
  /** A new project that holds these sweeps. */
  readonly createProject: (name: string, sweeps: readonly SweepSpec[]) => ProjectInfo;
}

const NAME = 'Reproduce the report';

/** “Reproduce the report”: its parts with what they would take, and the project that holds them. */
export function reportServices({ templates, capacityOf, createProject }: ReportServicesOptions): Pick<Services, 'programme.plan' | 'programme.create'> {
  const partsFor = async (scale: ReportScale, backend: StudySpec['backend']): Promise<readonly ProgrammePart[]> => {
    const all = await templates();
    const template = (id: string): StudySpec => templateById(all, id).spec;
    const spec = { ...template('mnist'), backend };
    return reportProgramme(template, scale, backend, usableCores(backend, await capacityOf(spec)));
  };
  return {
    'programme.plan': async ({ scale, backend }) => (await partsFor(scale, backend)).map(plannedPart),
    'programme.create': async ({ scale, backend }) => createProject(NAME, (await partsFor(scale, backend)).map(({ sweep }) => sweep)),
  };
}

function plannedPart({ title, yields, sweep }: ProgrammePart): PlannedPart {
  const studies = planSweep(sweep);
  // All studies of a part are of one size.
  const { requests, seconds } = planTime(studies[0]!.spec);
  const count = studies.length;
  return {
    title, yields, studies: count, trials: count * sweep.base.budget.trials, requests: count * requests,
    seconds: count * (seconds.starting + seconds.sending + seconds.choosing),
  };
}
