import { hostname } from 'node:os';
import { identifyProcess } from '../process-identity.ts';

/** Labels of everything we create; nothing without `SESSION_LABEL` is ever touched. */
export const SESSION_LABEL = 'io.servescape.session';
export const OWNER_LABEL = 'io.servescape.owner';
export const PROJECT_LABEL = 'io.servescape.project';
const LABEL = { app: 'io.servescape.app', study: 'io.servescape.study', trial: 'io.servescape.trial' } as const;

/** Which program may end a container: a process of one machine, told from later ones by when it began. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly startedAt: string;
}

export async function thisOwner(): Promise<Owner> {
  return { host: hostname(), pid: process.pid, startedAt: (await identifyProcess(process.pid))?.startedAt ?? '' };
}

export function ownerText({ host, pid, startedAt }: Owner): string {
  return JSON.stringify([host, pid, startedAt]);
}

/** Null for anything we did not write. */
export function parseOwner(text: string | undefined): Owner | null {
  try {
    const [host, pid, startedAt] = JSON.parse(text ?? '') as unknown[];
    return typeof host === 'string' && typeof pid === 'number' && pid > 0 && typeof startedAt === 'string' ? { host, pid, startedAt } : null;
  } catch {
    return null;
  }
}

/** Owners on other machines count as alive: only they can know. */
export async function isOwnerAlive(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return true;
  if (owner.startedAt === '') return exists(owner.pid);
  return (await identifyProcess(owner.pid))?.startedAt === owner.startedAt;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export interface TrialLabels {
  readonly project: string;
  readonly study: string;
  /** The trial a container was made for; it may serve later ones too. */
  readonly trial: number;
}

export function labelsFor(session: string, owner: Owner, version: string, { project, study, trial }: TrialLabels): Record<string, string> {
  return {
    [SESSION_LABEL]: session, [OWNER_LABEL]: ownerText(owner),
    [LABEL.app]: version, [PROJECT_LABEL]: project, [LABEL.study]: study, [LABEL.trial]: String(trial),
  };
}
