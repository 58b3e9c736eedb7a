import { rm } from 'node:fs/promises';
import type { Services } from '../contract/services.ts';
import type { ProjectInfo, RecentFile } from '../contract/values.ts';
import { isSameWish, type Wish } from '../domain/wishes.ts';
import { draftPath, isDraft, type AppFolders } from '../project/app-folders.ts';
import { keepBackup } from '../project/backups.ts';
import { createProjectFile, openProjectFile, type ProjectFile } from '../project/project-file.ts';
import type { RecentFiles } from '../project/recent-files.ts';
import { recoverInterrupted } from '../project/recovery.ts';
import { repairProjectFile } from '../project/repair.ts';
import { isExample } from './examples.ts';
import type { OpenProjects } from './open-projects.ts';
import { templateById, type listTemplates } from './templates.ts';
import type { Trust } from './trust.ts';

type ProjectMethod = Extract<keyof Services, `project.${string}` | `recent.${string}`>;

export interface ProjectServices {
  readonly services: Pick<Services, ProjectMethod>;
  /** A file of this program's own making: it joins the open projects and the recent files. */
  readonly opened: (file: ProjectFile) => ProjectInfo;
}

/** What a project's studies want of this machine that nobody here has picked or allowed. */
export function asksOf(trust: Trust, file: ProjectFile): readonly Wish[] {
  const asked = file.studies().flatMap(({ id }) => trust.inDoubt(file.study(id).spec));
  return asked.filter((wish, i) => asked.findIndex((other) => isSameWish(other, wish)) === i);
}

/** Files of projects: made, opened, looked at, repaired, moved, closed. */
export function createProjectServices({ folders, resourcesRoot, projects, recent, shownRecent, trust, templates }: {
  readonly folders: AppFolders;
  readonly resourcesRoot: string;
  readonly projects: OpenProjects;
  readonly recent: RecentFiles;
  /** How many recent files the user wants to see. */
  readonly shownRecent: () => number;
  readonly trust: Trust;
  readonly templates: () => ReturnType<typeof listTemplates>;
}): ProjectServices {
  /** Opened beside another project, only to be compared with. */
  const lookedAt = new Set<string>();
  const recentFiles = (): readonly RecentFile[] => recent.list(shownRecent());
  const now = (): string => new Date().toISOString();

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

  return {
    opened,
    services: {
      'recent.list': async () => recentFiles(),
      'recent.remove': async ({ path }) => {
        recent.remove(path);
        return recentFiles();
      },
      'project.create': async ({ template, name }) => {
        const { spec, title } = templateById(await templates(), template);
        const shown = name ?? title;
        const file = createProjectFile(draftPath(folders, shown, new Date()), { name: shown });
        trust.picked(null, spec);
        file.createStudy(spec, now());
        return opened(file);
      },
      'project.open': async ({ path, readOnly }) => {
        const already = projects.atPath(path);
        const open = already.find(({ id }) => !lookedAt.has(id)) ?? (readOnly ? already[0] : undefined);
        if (open) return open.info();
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
        trust.allow(asksOf(trust, project.file));
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
    },
  };
}
