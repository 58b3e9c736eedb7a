import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';
import { activityOf, sweepEnded, type Activity } from './activity.ts';
import { openStudy, type OpenStudy } from './open-study.ts';
import { createOpenSweeps, type OpenSweeps } from './open-sweeps.ts';
import type { Chooser, LabsFor } from '../study/ports.ts';
import { projectNameOf, type ProjectFile } from '../project/project-file.ts';
import type { ProjectInfo } from '../contract/values.ts';

/** A project the host has open, with the studies somebody has touched. */
export interface OpenProject {
  readonly id: string;
  readonly file: ProjectFile;
  readonly study: (studyId: string) => OpenStudy;
  readonly sweeps: OpenSweeps;
  readonly info: () => ProjectInfo;
  readonly close: () => Promise<void>;
}

export interface OpenProjects {
  /** The same file opened twice is the same project. */
  readonly add: (file: ProjectFile, recovered: readonly string[]) => OpenProject;
  /** More than one where it was also opened only to be compared with. */
  readonly atPath: (path: string) => readonly OpenProject[];
  readonly get: (projectId: string) => OpenProject;
  readonly close: (projectId: string) => Promise<void>;
  readonly closeAll: () => Promise<void>;
  readonly anyRunning: () => boolean;
  readonly drafts: () => readonly { readonly projectId: string; readonly name: string }[];
}

export function createOpenProjects(options: {
  readonly labsFor: LabsFor;
  readonly chooser: Chooser;
  readonly isDraft: (path: string) => boolean;
  /** What the file names and nobody here has allowed yet. */
  readonly asksOf: (file: ProjectFile) => ProjectInfo['asks'];
  readonly onActivity: (activity: Activity) => void;
}): OpenProjects {
  const projects = new Map<string, OpenProject & { readonly anyRunning: () => boolean }>();

  const add = (file: ProjectFile, recovered: readonly string[]): OpenProject => {
    const id = randomUUID();
    const studies = new Map<string, OpenStudy>();
    const study = (studyId: string): OpenStudy => {
      const known = studies.get(studyId);
      if (known) return known;
      if (!file.studies().some((summary) => summary.id === studyId)) {
        throw new ServescapeError('not-found', 'This project has no such study.');
      }
      const opened = openStudy(file, studyId, options.labsFor, options.chooser, (event, study) => {
        const activity = activityOf(event, study, sweeps.running() !== null);
        if (activity !== null) options.onActivity(activity);
      });
      studies.set(studyId, opened);
      return opened;
    };
    const sweeps = createOpenSweeps(file, study, (sweep) => options.onActivity(sweepEnded(sweep)));
    const project = {
      id, file, study, sweeps,
      info: (): ProjectInfo => ({
        projectId: id, name: projectNameOf(file.path), path: file.path, draft: options.isDraft(file.path),
        readOnly: file.readOnly, recovered, asks: options.asksOf(file), studies: file.studies(),
      }),
      anyRunning: () => sweeps.running() !== null || [...studies.values()].some((open) => open.isRunning()),
      close: async () => {
        await sweeps.close();
        await Promise.all([...studies.values()].map((open) => open.close()));
        file.close();
        projects.delete(id);
      },
    };
    projects.set(id, project);
    return project;
  };

  return {
    add,
    atPath: (path) => [...projects.values()].filter(({ file }) => resolve(file.path) === resolve(path)),
    get: (projectId) => {
      const project = projects.get(projectId);
      if (project) return project;
      throw new ServescapeError('not-found', 'This project is not open any more.', { hint: 'Open its file again.' });
    },
    close: async (projectId) => {
      await projects.get(projectId)?.close();
    },
    closeAll: async () => {
      await Promise.all([...projects.values()].map((project) => project.close()));
    },
    drafts: () => [...projects.values()].map((project) => project.info()).filter(({ draft, studies }) => draft && studies.some(({ trials }) => trials > 0)),
    anyRunning: () => [...projects.values()].some((project) => project.anyRunning()),
  };
}

/** Throws `project-read-only` with the reason. */
export function writable(project: OpenProject): OpenProject {
  if (project.file.readOnly === null) return project;
  throw new ServescapeError('project-read-only', project.file.readOnly, { hint: 'Save a copy and work there.' });
}
