import { open, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { badInput, ServescapeError } from '../../domain/errors.ts';
import { parseOrRefuse } from '../../contract/refusal.ts';
import { backendSchema, type LOAD_PLACES, studySpecSchema, usualBackend, type StudySpec } from '../../domain/study-spec.ts';

const MAX_SPEC_BYTES = 4 * 1024 * 1024;
const SQLITE_HEADER = 'SQLite format 3\u0000';

/** The argument as the path of a project file; anything else is refused by the argument's name. */
export async function projectPath(field: string, given: string): Promise<string> {
  const path = resolve(given);
  if (!(await isProjectFile(field, path))) throw badInput(field, path, 'a project file (.servescape)');
  return path;
}

/** Whether a file holds a project rather than a study's JSON; refuses a file that cannot be read. */
export async function isProjectFile(field: string, path: string): Promise<boolean> {
  await refuseUnlessFile(field, path);
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(field, path, error);
  });
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(16), length: 16, position: 0 });
    return buffer.subarray(0, bytesRead).toString('latin1') === SQLITE_HEADER || path.endsWith('.servescape');
  } catch (error) {
    throw unreadable(field, path, error);
  } finally {
    await file.close();
  }
}

export interface SpecOverrides {
  readonly trials: number | undefined;
  readonly seed: number | undefined;
  readonly backend: StudySpec['backend']['kind'] | undefined;
  /** Docker engines or swarm nodes. */
  readonly engines?: string[] | undefined;
  readonly loadFrom?: (typeof LOAD_PLACES)[number] | undefined;
  /** Simulated machines. */
  readonly machines?: number | undefined;
}

export const NO_OVERRIDES: SpecOverrides = { trials: undefined, seed: undefined, backend: undefined };

export interface ReadSpec {
  readonly spec: StudySpec;
  /** What was changed beyond what was asked, for the user. */
  readonly notes: readonly string[];
}

/** Reads and validates a study's JSON with the command line's changes. */
export async function readSpec(field: string, path: string, overrides: SpecOverrides): Promise<ReadSpec> {
  if ((await refuseUnlessFile(field, path)) > MAX_SPEC_BYTES) throw badInput(field, path, 'a study of at most 4 MB');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(field, path, error);
  });
  const input = parseJson(field, path, text);
  return overrideSpec(parseOrRefuse(studySpecSchema, input), overrides);
}

/** Fewer trials than random starting points: half of them stay random, so that the model still gets its turn. */
export function overrideSpec(spec: StudySpec, { trials, seed, backend, engines, loadFrom, machines }: SpecOverrides): ReadSpec {
  const { sampler } = spec;
  const total = trials ?? spec.budget.trials;
  const tooMany = sampler.kind === 'bayes' && sampler.startupTrials > total;
  const startupTrials = Math.ceil(total / 2);
  return {
    spec: {
      ...spec,
      budget: { ...spec.budget, trials: total },
      seed: seed ?? spec.seed,
      backend: withMachines(backend === undefined || backend === spec.backend.kind ? spec.backend : usualBackend(backend), { engines, loadFrom, machines }),
      ...(tooMany && { sampler: { ...sampler, startupTrials } }),
    },
    notes: tooMany ? [`With ${total} trials, ${startupTrials} instead of ${sampler.startupTrials} are drawn at random first.`] : [],
  };
}

function withMachines(backend: StudySpec['backend'], { engines, loadFrom, machines }: Pick<SpecOverrides, 'engines' | 'loadFrom' | 'machines'>): StudySpec['backend'] {
  if (engines !== undefined && backend.kind !== 'docker' && backend.kind !== 'swarm') throw badInput('--engines', engines.join(','), 'a study on docker or swarm');
  if (loadFrom !== undefined && backend.kind !== 'docker' && backend.kind !== 'swarm') throw badInput('--load-from', loadFrom, 'a study on docker or swarm');
  if (machines !== undefined && backend.kind !== 'simulated') throw badInput('--machines', machines, 'a simulated study; other studies take --engines');
  return parseOrRefuse(backendSchema, { ...backend, ...(engines !== undefined && { engines }), ...(loadFrom !== undefined && { loadFrom }), ...(machines !== undefined && { machines }) });
}

function parseJson(field: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown; // Some editors begin a file with a mark.
  } catch (error) {
    // The parser quotes the file: that stays one line, and commands to the terminal stay out of it.
    const why = (error as Error).message.replace(/[\p{Cc}\s]+/gu, ' ');
    throw new ServescapeError('bad-input', `${field}: “${path}” is not JSON (${why}). Accepted: a study written by “new”, or a project file.`, {
      field, value: path, accepted: 'a study written by “new”, or a project file', cause: error,
    });
  }
}

/** The size of a file; a device or pipe might never end. */
async function refuseUnlessFile(field: string, path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(field, path, error);
  });
  if (!found.isFile() && !found.isDirectory()) throw badInput(field, path, 'a file, not a device or a pipe');
  return found.size;
}

function unreadable(field: string, path: string, error: unknown): ServescapeError {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : code === 'EACCES' ? 'may not be read' : 'cannot be read';
  const accepted = 'a study (JSON) or a project file (.servescape)';
  return new ServescapeError('bad-input', `${field}: “${path}” ${why}. Accepted: ${accepted}.`, { field, value: path, accepted, cause: error });
}
