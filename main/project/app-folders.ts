import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';

/** Where the app keeps what is its own. Folders exist once they are returned. */
export interface AppFolders {
  readonly data: string;
  /** A new project is a real file here from its first moment; Save As moves it to where the user wants it. */
  readonly drafts: string;
  /** A copy of each project as it was when it was last opened; made when the first is kept. */
  readonly backups: string;
}

export interface FolderFacts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export function appFolders(facts: FolderFacts = { platform: process.platform, env: process.env, home: homedir() }): AppFolders {
  const data = dataFolder(facts);
  const drafts = join(data, 'drafts');
  try {
    mkdirSync(drafts, { recursive: true });
  } catch (error) {
    throw new ServescapeError('not-allowed', `Servescape cannot keep its data in ${data}.`, {
      hint: 'Make the folder writable, or name another one in the environment variable SERVESCAPE_DATA.', cause: error,
    });
  }
  return { data, drafts, backups: join(data, 'backups') };
}

/** SERVESCAPE_DATA first; then what each platform asks for (XDG base directories, APPDATA, Application Support). */
export function dataFolder({ platform, env, home }: FolderFacts): string {
  if (env['SERVESCAPE_DATA']) return env['SERVESCAPE_DATA'];
  if (platform === 'win32') return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'Servescape');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Servescape');
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'servescape');
}

export function isDraft(folders: AppFolders, path: string): boolean {
  return resolved(dirname(path)) === resolved(folders.drafts);
}

/** A free path in the drafts folder, named after the project. Characters no file system likes become dashes. */
export function draftPath(folders: AppFolders, name: string, at: Date): string {
  const safe = name.replace(/[^\p{Letter}\p{Number} ._-]+/gu, '-').replace(/^[.\s-]+|[.\s-]+$/gu, '').slice(0, 80) || 'Untitled';
  const stamp = at.toISOString().slice(0, 19).replaceAll(':', '').replace('T', ' ');
  for (let copy = 1; ; copy++) {
    const path = join(folders.drafts, `${safe} ${stamp}${copy === 1 ? '' : ` ${copy}`}.servescape`);
    if (!existsSync(path)) return path;
  }
}

function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
