import { ServescapeError } from '../domain/errors.ts';
import { findLatestVersion, readModelVersion, type ModelVersion } from './model-folder.ts';
import { ServingError } from './serving-status.ts';
import type { Servable } from './servable.ts';

export type ModelState = 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END';

export interface VersionStatus {
  readonly version: number;
  readonly state: ModelState;
  /** Why it is not available, if it should be. */
  readonly error: string | undefined;
}

export interface ModelManagerOptions {
  readonly modelName: string;
  readonly basePath: string;
  readonly loadRetries: number;
  readonly retryIntervalMs: number;
  /** 0: look once. */
  readonly pollMs: number;
  readonly load: (model: ModelVersion) => Promise<Servable>;
  readonly log: (line: string) => void;
}

/** Serves the newest version under the base path; a newer one is loaded before the old one is let go. */
export class ModelManager {
  readonly #options: ModelManagerOptions;
  readonly #statuses = new Map<number, VersionStatus>();
  #current: Servable | undefined;

  constructor(options: ModelManagerOptions) {
    this.#options = options;
  }

  /** Loads the newest version and keeps looking for newer ones. @throws ServescapeError when it cannot be loaded */
  async start(): Promise<void> {
    const { modelName, basePath, pollMs } = this.#options;
    await this.#serve(findLatestVersion(modelName, basePath));
    if (pollMs > 0) setTimeout(() => void this.#poll(), pollMs).unref();
  }

  /** @throws ServingError NOT_FOUND in TensorFlow Serving's words */
  servable(modelName: string, version: number | undefined): Servable {
    const isKnown = modelName === this.#options.modelName;
    if (isKnown && this.#current !== undefined && (version === undefined || version === this.#current.version)) return this.#current;
    const wanted = version === undefined ? `Latest(${modelName})` : `Specific(${modelName}, ${version})`;
    throw new ServingError('NOT_FOUND', `Servable not found for request: ${wanted}`);
  }

  /** @throws ServingError NOT_FOUND */
  statuses(modelName: string, version: number | undefined): readonly VersionStatus[] {
    const all = modelName === this.#options.modelName ? [...this.#statuses.values()] : [];
    const asked = version === undefined ? all : all.filter((status) => status.version === version);
    if (asked.length > 0) return asked.toSorted((a, b) => b.version - a.version);
    throw new ServingError('NOT_FOUND', version === undefined
      ? `Could not find any versions of model ${modelName}`
      : `Could not find version ${version} of model ${modelName}`);
  }

  async #serve(version: number): Promise<void> {
    const previous = this.#current;
    this.#set(version, 'LOADING');
    try {
      this.#current = await this.#loadWithRetries(version);
    } catch (error) {
      this.#set(version, 'END', describe(error));
      throw error;
    }
    this.#set(version, 'AVAILABLE');
    this.#options.log(`Successfully loaded servable version {name: ${this.#options.modelName} version: ${version}}`);
    if (previous === undefined) return;
    this.#set(previous.version, 'UNLOADING');
    previous.unload();
    this.#set(previous.version, 'END');
  }

  async #loadWithRetries(version: number): Promise<Servable> {
    const { basePath, load, loadRetries, retryIntervalMs, log } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await load(readModelVersion(basePath, version));
      } catch (error) {
        if (attempt >= loadRetries) throw error;
        log(`Loading version ${version} failed, retry ${attempt + 1} of ${loadRetries} in ${retryIntervalMs / 1000} s: ${describe(error)}`);
        await new Promise((resolve) => { setTimeout(resolve, retryIntervalMs); });
      }
    }
  }

  async #poll(): Promise<void> {
    const { modelName, basePath, pollMs, log } = this.#options;
    try {
      const latest = findLatestVersion(modelName, basePath);
      if (!this.#statuses.has(latest)) await this.#serve(latest);
    } catch (error) {
      log(`Looking for a newer version: ${describe(error)}`);
    }
    setTimeout(() => void this.#poll(), pollMs).unref();
  }

  #set(version: number, state: ModelState, error?: string): void {
    this.#statuses.set(version, { version, state, error });
  }
}

function describe(error: unknown): string {
  if (error instanceof ServescapeError) return [error.message, error.details.hint].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}
