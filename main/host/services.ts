import { rm } from 'node:fs/promises';
import { badInput, ServescapeError } from '../domain/errors.ts';
import { brokenRule, feasibilityRules } from '../domain/feasibility.ts';
import { contains } from '../domain/search-space.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import { sliceRoundTrips } from '../domain/round-trips.ts';
import { roundTripsAsJson } from '../domain/study-json.ts';
import { countFinished, type Study } from '../domain/study.ts';
import { replicaCapacity } from '../domain/machine.ts';
import { planStudy } from '../study/plan.ts';
import { createProjectFile, openProjectFile, type ProjectFile } from '../project/project-file.ts';
import { createRecentFiles } from '../project/recent-files.ts';
import { draftPath, isDraft, type AppFolders } from '../project/app-folders.ts';
import { isProjectName, listFiles } from '../project/file-listing.ts';
import { isModelFile } from '../serving/local/model-folder.ts';
import { isDataFile } from '../workloads/readers/open-data-set.ts';
import { keepBackup } from '../project/backups.ts';
import { repairProjectFile } from '../project/repair.ts';
import { recoverInterrupted } from '../project/recovery.ts';
import { createDockerServices, untilLeft, type DockerServices } from './docker-services.ts';
import type { ComposeSources } from './compose-project.ts';
import type { ImageRoom } from '../serving/docker/images.ts';
import { createDeployedRoom } from './deployed.ts';
import { createOpenProjects, type OpenProject } from './open-projects.ts';
import type { OpenStudy } from './open-study.ts';
import { isExample, listExamples } from './examples.ts';
import type { ModelRoom } from './model-room.ts';
import { modelServices } from './model-services.ts';
import { listTemplates, templateById } from './templates.ts';
import { refuseIncomparable } from './spec-changes.ts';
import { roundTripPoints } from './round-trip-points.ts';
import { reportServices } from './report-services.ts';
import { scaleServices } from './scale-services.ts';
import { sweepServices } from './sweep-services.ts';
import { createTrust, type Trust } from './trust.ts';
import { isSameWish, wishWords, type Wish } from '../domain/wishes.ts';
import { diagnosticsText } from './diagnostics.ts';
import { shellServices } from './shell-services.ts';
import type { Activity } from './activity.ts';
import type { LogFile } from './log-file.ts';
import type { SettingsFile } from './settings.ts';
import type { Shell } from '../contract/shell-methods.ts';
import type { AppInfo, GpuCardInfo, HardwareFacts, ListedFiles, PreflightReport, ProjectInfo, RecentFile, StudyPlan } from '../contract/values.ts';
import type { Chooser, LabFor, LabsFor, MachineFacts } from '../study/ports.ts';
import type { NodeReport } from '../domain/node-report.ts';
import type { GpuClockList } from '../domain/gpu.ts';
import type { Configuration } from '../domain/parameter.ts';
import type { Capacity } from '../domain/machine.ts';
import type { Services } from '../contract/services.ts';
import { startupTrialsOf, type StudySpec } from '../domain/study-spec.ts';
import type { Trial } from '../domain/trial.ts';

export interface ServicesOptions {
  readonly info: () => AppInfo;
  readonly preferences: SettingsFile;
  readonly log: LogFile;
  /** The desktop window around the page; null in a browser. */
  readonly shell: Shell | null;
  /** Hears what every run does, for the desktop around the program. */
  readonly onActivity?: (activity: Activity) => void;
  readonly resourcesRoot: string;
  readonly folders: AppFolders;
  /** For one thing at a time. */
  readonly labFor: LabFor;
  /** For a run: one for each machine it may use at once. */
  readonly labsFor: LabsFor;
  readonly machineFor: (spec: StudySpec) => MachineFacts;
  readonly chooser: Chooser;
  readonly firstConfigurations: (spec: StudySpec, capacity: Capacity, count: number) => readonly Configuration[];
  readonly preflight: () => Promise<PreflightReport>;
  readonly nodes: (backend: StudySpec['backend']) => Promise<NodeReport>;
  readonly images: ImageRoom;
  readonly compose: ComposeSources;
  readonly models: ModelRoom;
  readonly hardware: {
    readonly facts: (backend: StudySpec['backend']) => Promise<HardwareFacts>;
    readonly cards: () => Promise<readonly GpuCardInfo[]>;
    readonly supportedClocks: (backend: StudySpec['backend']) => Promise<GpuClockList>;
    readonly restoreNow: (everything: boolean) => Promise<readonly string[]>;
    /** Refuses a run whose GPU clock or energy this machine cannot give; the spec with what had to be asked. */
    readonly prepare: (spec: StudySpec) => Promise<StudySpec>;
  };
  readonly dialogs: SystemDialogs | null;
}

/** The system's own dialogs where there is a window; null: cancelled. */
export interface SystemDialogs {
  open(): Promise<string | null>;
  save(suggestedName: string): Promise<string | null>;
  /** A file or folder of a study's model or data. */
  pick(what: 'model' | 'data', pick: 'file' | 'folder'): Promise<string | null>;
}

const SHOWN: Readonly<Record<ListedFiles, (name: string) => boolean>> = { projects: isProjectName, model: isModelFile, data: isDataFile };

export interface RunningServices {
  readonly services: Services;
  readonly anyRunning: () => boolean;
  /** Open projects with trials that only lie in the drafts folder. */
  readonly drafts: () => readonly { readonly projectId: string; readonly name: string }[];
  readonly close: () => Promise<void>;
}

/** Every method of the contract over the rooms below; the same for window, browser and command line. */
export function createServices(options: ServicesOptions): RunningServices {
  const { folders, resourcesRoot, chooser } = options;
  /** Whatever measures gets its lab here, and none beside a configuration that is kept running. */
  const beside = <Labs>(labs: (spec: StudySpec) => Labs) => (spec: StudySpec): Labs => {
    deployed.refuseBeside();
    return labs(spec);
  };
  const labFor = beside(options.labFor);
  const recent = createRecentFiles(folders.data, (path) => projects.byPath(path)?.file ?? null);
  const trust = createTrust(folders.data);
  const asksOf = (file: ProjectFile): readonly Wish[] => {
    const asked = file.studies().flatMap(({ id }) => trust.inDoubt(file.study(id).spec));
    return asked.filter((wish, i) => asked.findIndex((other) => isSameWish(other, wish)) === i);
  };
  const projects = createOpenProjects({ labsFor: beside(options.labsFor), chooser, isDraft: (path) => isDraft(folders, path), asksOf, onActivity: options.onActivity ?? (() => undefined) });
  const studyOf = ({ projectId, studyId }: { readonly projectId: string; readonly studyId: string }): Study => projects.get(projectId).study(studyId).study();
  const deployed = createDeployedRoom({ labFor: options.labFor, anyRunning: () => projects.anyRunning(), studyOf });
  /** Opened beside another project, only to be compared with. */
  const lookedAt = new Set<string>();
  const recentFiles = (): readonly RecentFile[] => recent.list(options.preferences.read().recentFiles);
  const now = (): string => new Date().toISOString();
  const capacityOf = async (spec: StudySpec): Promise<Capacity> => replicaCapacity(await options.machineFor(spec).read());

  const opened = (file: ProjectFile, recovered: readonly string[] = []): ProjectInfo => {
    const project = projects.add(file, recovered);
    recent.add(file.path, now());
    return project.info();
  };
  /** Notes what the file names; one that is damaged inside is let go: whoever repairs it must find it free. */
  const lookOver = (file: ProjectFile): void => {
    try {
      for (const { id } of file.studies()) trust.found(file.study(id).spec);
    } catch (error) {
      file.close();
      throw error;
    }
  };
  const openFrom = (path: string, found: readonly string[] = []): ProjectInfo => {
    const file = openProjectFile(path, { readOnly: isExample(resourcesRoot, path) });
    lookOver(file);
    keepBackup(file, folders.backups);
    return opened(file, [...found, ...recoverInterrupted(file, now())]);
  };
  const plan = async (spec: StudySpec, trials: readonly Trial[]): Promise<StudyPlan> => {
    const capacity = await capacityOf(spec);
    const startup = startupTrialsOf(spec.sampler) ?? spec.budget.trials;
    return planStudy(spec, capacity, trials, options.firstConfigurations(spec, capacity, Math.min(startup, 50)));
  };
  const templates = (): ReturnType<typeof listTemplates> =>
    listTemplates(resourcesRoot, (spec) => {
      const { starting, sending, choosing } = planStudy(spec, { cores: 1, memoryMb: 1 }, [], []).seconds;
      return starting + sending + choosing;
    });
  const writable = (project: OpenProject): OpenProject => {
    if (project.file.readOnly === null) return project;
    throw new ServescapeError('project-read-only', project.file.readOnly, { hint: 'Save a copy and work there.' });
  };

  const maySweep = (file: ProjectFile, sweepIds: readonly string[]): void => {
    deployed.refuseBeside();
    for (const id of sweepIds) for (const { studyId } of file.sweep(id).members) trust.refuseDoubtful(file.study(studyId).spec);
  };

  /** What a run needs of this machine, looked at before anything is started. */
  const prepare = async (open: OpenStudy): Promise<void> => {
    const { spec } = open.study();
    trust.refuseDoubtful(spec);
    deployed.refuseBeside();
    const prepared = await options.hardware.prepare(spec);
    if (prepared !== spec && !open.isRunning()) open.append({ kind: 'spec-changed', at: now(), spec: prepared });
  };

  let lastReport: PreflightReport | null = null;
  const services: Services = {
    'app.info': async () => options.info(),
    'app.diagnostics': async () => diagnosticsText(options.info(), lastReport, options.log.tail(200)),
    'preferences.set': async (patch) => options.preferences.change(patch),
    ...shellServices(options.shell, options.log.folder),
    'preflight.check': async () => (lastReport = await options.preflight()),
    'hardware.facts': ({ backend }) => options.hardware.facts(backend),
    'hardware.cards': () => options.hardware.cards(),
    'hardware.gpuClocks': ({ backend }) => options.hardware.supportedClocks(backend),
    'hardware.restoreClocks': ({ everything }) => options.hardware.restoreNow(everything),
    'nodes.list': ({ backend }) => options.nodes(backend),
    ...asking(trust, createDockerServices({
      images: options.images, compose: options.compose, labFor, machineFor: options.machineFor,
      studyOf,
    })),
    'model.check': async ({ spec }) => {
      const wishes = trust.inDoubt(spec);
      if (wishes.length === 0) return options.models.check(spec);
      const unread = { words: '', from: null, ownFolder: null, problem: { message: `Not looked at: this project came from elsewhere; it wants to ${wishWords(wishes)}.`, hint: 'Allow it first.' } };
      return { model: unread, data: unread };
    },
    'model.try': async ({ spec }, sink, signal) => {
      trust.refuseDoubtful(spec);
      if (projects.anyRunning()) {
        throw new ServescapeError('conflict', 'A study is running; a request beside it would disturb its measurements.', { hint: 'Try the model when the study has ended.' });
      }
      sink.item(await options.models.tryOne(spec, untilLeft(signal)));
      sink.end();
    },
    'examples.list': () => listExamples(resourcesRoot),
    'templates.list': templates,
    'recent.list': async () => recentFiles(),
    'recent.remove': async ({ path }) => {
      recent.remove(path);
      return recentFiles();
    },
    'files.list': async ({ folder, show }) => listFiles(folder, SHOWN[show]),
    'dialog.open': () => dialogs(options).open(),
    'dialog.pick': ({ what, pick }) => dialogs(options).pick(what, pick),
    'dialog.save': ({ suggestedName }) => dialogs(options).save(suggestedName),

    'project.create': async ({ template, name }) => {
      const { spec, title } = templateById(await templates(), template);
      const shown = name ?? title;
      const file = createProjectFile(draftPath(folders, shown, new Date()), { name: shown });
      trust.picked(null, spec);
      file.createStudy(spec, now());
      return opened(file);
    },
    'project.open': async ({ path, readOnly }) => {
      const already = projects.byPath(path);
      if (already && (readOnly || !lookedAt.has(already.id))) return already.info();
      if (readOnly) {
        const file = openProjectFile(path, { readOnly });
        lookOver(file);
        const looked = projects.add(file, []);
        lookedAt.add(looked.id);
        return looked.info();
      }
      return openFrom(path);
    },
    'project.repair': async ({ path }) => {
      const repaired = repairProjectFile(path);
      return openFrom(repaired.path, repaired.found);
    },
    'project.trust': async ({ projectId }) => {
      const project = projects.get(projectId);
      trust.allow(asksOf(project.file));
      return project.info();
    },
    'project.saveAs': async ({ projectId, path }) => {
      const project = projects.get(projectId);
      const before = project.file.path;
      project.file.saveAs(path);
      recent.add(project.file.path, now());
      if (isDraft(folders, before) && project.file.path !== before) {
        recent.remove(before);
        await rm(before, { force: true });
      }
      return project.info();
    },
    'project.info': async ({ projectId }) => projects.get(projectId).info(),
    'project.close': async ({ projectId }) => {
      await projects.close(projectId);
      return null;
    },

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
    ...modelServices({ chooser, capacityOf, open: ({ projectId, studyId }) => projects.get(projectId).study(studyId) }),
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
    ...sweepServices(projects, writable, maySweep),
    ...reportServices({
      templates, capacityOf,
      createProject: (name, sweeps) => {
        const file = createProjectFile(draftPath(folders, name, new Date()), { name });
        for (const sweep of sweeps) {
          trust.picked(null, sweep.base);
          file.createSweep(sweep, now());
        }
        return opened(file);
      },
    }),
    ...scaleServices({ studyOf, anyRunning: () => projects.anyRunning() }),
    ...deployed.services,
    'deployed.start': async (params) => {
      trust.refuseDoubtful(studyOf(params).spec);
      return deployed.services['deployed.start'](params);
    },
  };

  return {
    services, anyRunning: () => projects.anyRunning() || deployed.isRunning(), drafts: projects.drafts,
    close: async () => {
      await deployed.close();
      await projects.closeAll();
    },
  };
}

/** Nothing that a file from elsewhere names is pulled or probed before somebody says yes. */
function asking(trust: Trust, services: DockerServices): DockerServices {
  return {
    ...services,
    'images.prepare': async (params, sink, signal) => {
      trust.refuseDoubtfulImage(params.reference);
      await services['images.prepare'](params, sink, signal);
    },
    'range.probe': async (params, sink, signal) => {
      trust.refuseDoubtful(params.spec);
      await services['range.probe'](params, sink, signal);
    },
  };
}

function dialogs(options: ServicesOptions): NonNullable<ServicesOptions['dialogs']> {
  if (options.dialogs) return options.dialogs;
  throw new ServescapeError('unsupported', 'There are no system dialogs here.', { hint: 'Use the in-page file picker.' });
}
