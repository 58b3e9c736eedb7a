import { ServescapeError } from '../domain/errors.ts';
import type { Study } from '../domain/study.ts';
import { replicaCapacity } from '../domain/machine.ts';
import { planTime } from '../study/plan.ts';
import { createProjectFile, type ProjectFile } from '../project/project-file.ts';
import { createRecentFiles } from '../project/recent-files.ts';
import { draftPath, isDraft, type AppFolders } from '../project/app-folders.ts';
import { isProjectName, listFiles } from '../project/file-listing.ts';
import { isModelFile } from '../serving/local/model-folder.ts';
import { isDataFile } from '../workloads/readers/open-data-set.ts';
import { createDockerServices, untilLeft, type DockerServices } from './docker-services.ts';
import type { ComposeSources } from './compose-project.ts';
import type { ImageRoom } from '../serving/docker/images.ts';
import { createDeployedRoom } from './deployed.ts';
import { createOpenProjects, writable } from './open-projects.ts';
import { listExamples } from './examples.ts';
import type { ModelRoom } from './model-room.ts';
import { modelServices } from './model-services.ts';
import { asksOf, createProjectServices } from './project-services.ts';
import { studyServices } from './study-services.ts';
import { listTemplates } from './templates.ts';
import { reportServices } from './report-services.ts';
import { scaleServices } from './scale-services.ts';
import { sweepServices } from './sweep-services.ts';
import { createTrust, type Trust } from './trust.ts';
import { wishWords } from '../domain/wishes.ts';
import { diagnosticsText } from './diagnostics.ts';
import { shellServices } from './shell-services.ts';
import type { Activity } from './activity.ts';
import type { LogFile } from './log-file.ts';
import type { SettingsFile } from './settings.ts';
import type { Shell } from '../contract/shell-methods.ts';
import type { AppInfo, GpuCardInfo, HardwareFacts, ListedFiles, PreflightReport } from '../contract/values.ts';
import type { Chooser, LabFor, LabsFor, MachineFacts } from '../study/ports.ts';
import type { NodeReport } from '../domain/node-report.ts';
import type { GpuClockList } from '../domain/gpu.ts';
import type { Configuration } from '../domain/parameter.ts';
import type { Capacity } from '../domain/machine.ts';
import type { Services } from '../contract/services.ts';
import type { StudySpec } from '../domain/study-spec.ts';

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
  const recent = createRecentFiles(folders.data, (path) => projects.atPath(path)[0]?.file ?? null);
  const trust = createTrust(folders.data);
  const projects = createOpenProjects({ labsFor: beside(options.labsFor), chooser, isDraft: (path) => isDraft(folders, path), asksOf: (file) => asksOf(trust, file), onActivity: options.onActivity ?? (() => undefined) });
  const studyOf = ({ projectId, studyId }: { readonly projectId: string; readonly studyId: string }): Study => projects.get(projectId).study(studyId).study();
  const deployed = createDeployedRoom({ labFor: options.labFor, anyRunning: () => projects.anyRunning(), studyOf });
  const capacityOf = async (spec: StudySpec): Promise<Capacity> => replicaCapacity(await options.machineFor(spec).read());

  const templates = (): ReturnType<typeof listTemplates> =>
    listTemplates(resourcesRoot, (spec) => {
      const { starting, sending, choosing } = planTime(spec).seconds;
      return starting + sending + choosing;
    });
  const project = createProjectServices({ folders, resourcesRoot, projects, recent, shownRecent: () => options.preferences.read().recentFiles, trust, templates });
  const maySweep = (file: ProjectFile, sweepIds: readonly string[]): void => {
    deployed.refuseBeside();
    for (const id of sweepIds) for (const { studyId } of file.sweep(id).members) trust.refuseDoubtful(file.study(studyId).spec);
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
    ...project.services,
    'files.list': async ({ folder, show }) => listFiles(folder, SHOWN[show]),
    'dialog.open': () => dialogs(options).open(),
    'dialog.pick': ({ what, pick }) => dialogs(options).pick(what, pick),
    'dialog.save': ({ suggestedName }) => dialogs(options).save(suggestedName),

    ...studyServices({
      projects, trust, chooser, capacityOf, firstConfigurations: options.firstConfigurations, prepareHardware: options.hardware.prepare,
      refuseBeside: () => deployed.refuseBeside(),
    }),
    ...modelServices({ chooser, capacityOf, open: ({ projectId, studyId }) => projects.get(projectId).study(studyId) }),
    ...sweepServices(projects, writable, maySweep),
    ...reportServices({
      templates, capacityOf,
      createProject: (name, sweeps) => {
        const file = createProjectFile(draftPath(folders, name, new Date()), { name });
        for (const sweep of sweeps) {
          trust.picked(null, sweep.base);
          file.createSweep(sweep, new Date().toISOString());
        }
        return project.opened(file);
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
