import { badInput, ServescapeError } from '../domain/errors.ts';
import { brokenRule, feasibilityRules } from '../domain/feasibility.ts';
import type { Capacity } from '../domain/machine.ts';
import type { Configuration } from '../domain/parameter.ts';
import { sliceRoundTrips } from '../domain/round-trips.ts';
import { contains } from '../domain/search-space.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import { roundTripsAsJson } from '../domain/study-json.ts';
import { startupTrialsOf, type StudySpec } from '../domain/study-spec.ts';
import { countFinished } from '../domain/study.ts';
import type { Trial } from '../domain/trial.ts';
import type { Services } from '../contract/services.ts';
import type { StudyPlan } from '../contract/values.ts';
import { planStudy } from '../study/plan.ts';
import type { Chooser } from '../study/ports.ts';
import { writable, type OpenProjects } from './open-projects.ts';
import type { OpenStudy } from './open-study.ts';
import { roundTripPoints } from './round-trip-points.ts';
import { refuseIncomparable } from './spec-changes.ts';
import type { Trust } from './trust.ts';

type StudyMethod =
  | 'study.duplicate' | 'study.update' | 'study.plan' | 'study.start' | 'study.pause' | 'study.continue' | 'study.step' | 'study.stop'
  | 'study.addTrials' | 'study.tryConfiguration' | 'study.note' | 'study.watch' | 'trial.roundTrips' | 'trial.roundTripColumns';

/** A study of an open project: edited, run, watched, read. */
export function studyServices({ projects, trust, chooser, capacityOf, firstConfigurations, prepareHardware, refuseBeside }: {
  readonly projects: OpenProjects;
  readonly trust: Trust;
  readonly chooser: Chooser;
  readonly capacityOf: (spec: StudySpec) => Promise<Capacity>;
  readonly firstConfigurations: (spec: StudySpec, capacity: Capacity, count: number) => readonly Configuration[];
  /** Refuses a run whose GPU clock or energy this machine cannot give; the spec with what had to be asked. */
  readonly prepareHardware: (spec: StudySpec) => Promise<StudySpec>;
  /** Throws while a configuration is kept running. */
  readonly refuseBeside: () => void;
}): Pick<Services, StudyMethod> {
  const now = (): string => new Date().toISOString();
  const plan = async (spec: StudySpec, trials: readonly Trial[]): Promise<StudyPlan> => {
    const capacity = await capacityOf(spec);
    const startup = startupTrialsOf(spec.sampler) ?? spec.budget.trials;
    return planStudy(spec, capacity, trials, firstConfigurations(spec, capacity, Math.min(startup, 50)));
  };
  /** What a run needs of this machine, looked at before anything is started. */
  const prepare = async (open: OpenStudy): Promise<void> => {
    const { spec } = open.study();
    trust.refuseDoubtful(spec);
    refuseBeside();
    const prepared = await prepareHardware(spec);
    if (prepared !== spec && !open.isRunning()) open.append({ kind: 'spec-changed', at: now(), spec: prepared });
  };

  return {
    'study.duplicate': async ({ projectId, studyId }) => {
      const project = writable(projects.get(projectId));
      const { spec } = project.study(studyId).study();
      return { studyId: project.file.createStudy({ ...spec, name: `${spec.name}, copy` }, now()) };
    },
    'study.update': async ({ projectId, studyId, spec }) => {
      const open = writable(projects.get(projectId)).study(studyId);
      if (open.isRunning()) {
        throw new ServescapeError('conflict', 'This study is running.', { hint: 'Stop it, or make a new study from it.' });
      }
      refuseIncomparable(open.study(), spec);
      trust.picked(open.study().spec, spec);
      if (JSON.stringify(open.study().spec) !== JSON.stringify(spec)) open.append({ kind: 'spec-changed', at: now(), spec });
      return null;
    },
    'study.plan': ({ spec, of }) =>
      plan(spec, of ? projects.get(of.projectId).study(of.studyId).study().trials : []),
    'study.start': async ({ projectId, studyId }) => {
      const open = writable(projects.get(projectId)).study(studyId);
      const study = open.study();
      if (countFinished(study) >= study.spec.budget.trials) {
        throw new ServescapeError('conflict', `All ${study.spec.budget.trials} trials of this study are done.`, {
          hint: 'Add trials to go on.',
        });
      }
      await prepare(open);
      open.start('run');
      return null;
    },
    // A run may end while the user is asked: pausing or stopping it then changes nothing, and is no mistake.
    'study.pause': async ({ projectId, studyId }) => {
      const open = projects.get(projectId).study(studyId);
      if (open.isRunning()) open.running().pause();
      return null;
    },
    'study.continue': async ({ projectId, studyId }) => {
      projects.get(projectId).study(studyId).running().continueRun();
      return null;
    },
    'study.step': async ({ projectId, studyId }) => {
      const open = writable(projects.get(projectId)).study(studyId);
      if (open.isRunning()) open.running().step();
      else {
        await prepare(open);
        open.start('step');
      }
      return null;
    },
    'study.stop': async ({ projectId, studyId, when }) => {
      const open = projects.get(projectId).study(studyId);
      if (open.isRunning()) open.running().stop(when);
      return null;
    },
    'study.addTrials': async ({ projectId, studyId, trials }) => {
      const open = writable(projects.get(projectId)).study(studyId);
      if (open.isRunning()) throw new ServescapeError('conflict', 'Trials can be added when the run has ended.');
      const { spec } = open.study();
      const total = Math.max(spec.budget.trials, countFinished(open.study())) + trials;
      const next = { ...spec, budget: { ...spec.budget, trials: total } };
      open.append({ kind: 'spec-changed', at: now(), spec: next });
      return { spec: next };
    },
    'study.tryConfiguration': async ({ projectId, studyId, configuration }) => {
      const open = writable(projects.get(projectId)).study(studyId);
      const { spec } = open.study();
      const capacity = await capacityOf(spec);
      if (!contains(spec.space, configuration)) throw badInput('configuration', configuration, 'a legal value for every searched parameter');
      const broken = brokenRule(feasibilityRules(spec, { capacity }), servingConfiguration(spec, configuration));
      if (broken !== null) {
        throw new ServescapeError('bad-input', `This configuration cannot run here: ${broken.text}.`, { field: 'configuration', hint: 'Choose smaller values.' });
      }
      trust.refuseDoubtful(spec);
      open.tryNext(configuration, await chooser.predict(open.study(), capacity, configuration, open.earlier()));
      return null;
    },
    'study.note': async ({ projectId, studyId, trial, text }) => {
      const open = writable(projects.get(projectId)).study(studyId);
      const { note, trials } = open.study();
      const noted = trial === null ? { note } : trials[trial - 1];
      if (!noted) throw badInput('trial', trial, trials.length === 0 ? 'null, for the study: it has no trials yet' : `1 to ${trials.length}`);
      if ((noted.note ?? '') !== text) open.append({ kind: 'note-written', at: now(), trial, text });
      return null;
    },
    'trial.roundTrips': async ({ projectId, trial, studyId, limit }) => {
      const trips = projects.get(projectId).file.roundTrips(studyId, trial);
      if (trips) return roundTripPoints(trips, limit);
      return { total: 0, points: [], faults: {} };
    },
    'trial.roundTripColumns': async ({ projectId, studyId, trial, from, count }) => {
      const trips = projects.get(projectId).file.roundTrips(studyId, trial);
      return trips && { total: trips.startMs.length, columns: roundTripsAsJson(sliceRoundTrips(trips, from, from + count)) };
    },
    'study.watch': ({ projectId, studyId }, sink, signal) => {
      const unwatch = projects.get(projectId).study(studyId).watch((update) => sink.item(update));
      signal.addEventListener('abort', unwatch, { once: true });
    },
  };
}
