import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import { batchingFileText, monitoringFileText } from '../batching-file.ts';
import { tensorFlowServingFlags } from '../server-flags.ts';
import { GROUP_NAME_PREFIX, type ControlGroup, type ControlGroups, type ReplicaLimits } from './control-group.ts';
import { enforcementFlags, type Enforcement } from './enforcement.ts';
import { startReplica, type Replica } from './replica.ts';
import type { Session } from './run-folder.ts';

export interface LaunchSetup {
  readonly serverEntry: string;
  readonly nodePath: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly enforcement: Enforcement;
  readonly session: Session;
}

export interface LaunchRequest {
  readonly index: number;
  readonly serving: ServingConfiguration;
  readonly limits: ReplicaLimits;
  readonly modelName: string;
  readonly modelBasePath: string;
}

/** Starts replicas with everything they need around them: batching file, control group, a note for the sweep. */
export interface Launcher {
  /** Two requests with the same key give servers that differ in nothing a running one could not change. */
  keyOf(request: LaunchRequest): string;
  launch(request: LaunchRequest): Promise<Replica>;
}

/** A server reads its file once, at start. */
const BATCHING_FILES_MAX = 100;

export function createLauncher({ serverEntry, nodePath, environment, enforcement, session }: LaunchSetup): Launcher {
  let started = 0;
  let filesWritten = 0;
  const batchingFiles = new Map<string, string>();
  const monitoringFile = join(session.folder, 'monitoring.txt');
  writeFileSync(monitoringFile, monitoringFileText());

  const batchingFileFor = (serving: ServingConfiguration): string => {
    const text = batchingFileText(serving);
    const known = batchingFiles.get(text);
    if (known !== undefined) return known;
    const [oldest] = batchingFiles;
    if (oldest !== undefined && batchingFiles.size >= BATCHING_FILES_MAX) {
      batchingFiles.delete(oldest[0]);
      rmSync(oldest[1], { force: true });
    }
    filesWritten += 1;
    const path = join(session.folder, `batching-${filesWritten}.txt`);
    writeFileSync(path, text);
    batchingFiles.set(text, path);
    return path;
  };

  const argsFor = ({ serving, limits, modelName, modelBasePath }: LaunchRequest): readonly string[] => [
    serverEntry,
    ...tensorFlowServingFlags(serving, {
      modelName, modelBasePath, restPort: 0, batchingFile: batchingFileFor(serving), monitoringFile,
    }),
    ...enforcementFlags(enforcement, limits),
    '--servescape_exit_with_parent',
  ];

  const createGroup = (limits: ReplicaLimits): ControlGroup | null => {
    const { groups } = enforcement;
    if (groups === null) return null;
    started += 1;
    const name = `${GROUP_NAME_PREFIX}${session.id}-${started}`;
    session.noteGroup(groups.foldersOf(name));
    const group = forgottenOnceRemoved(openGroup(groups, name), session);
    if (!group.limit(limits)) {
      group.remove();
      throw new ServescapeError('limit-above-machine',
        `The system refuses a limit of ${limits.cpuCores.toFixed(2)} cores and ${limits.memoryMb ?? 'any'} MB for one replica.`, {
          hint: 'This program itself may not use that much here; lower the highest CPU or memory.',
        });
    }
    return group;
  };

  return {
    keyOf: (request) => JSON.stringify(argsFor(request)),
    launch: async (request) => {
      const group = createGroup(request.limits);
      const replica = startReplica({
        index: request.index,
        nodePath,
        args: argsFor(request),
        environment,
        modelName: request.modelName,
        serving: request.serving,
        group,
      });
      if (replica.pid !== null) await session.noteReplica(replica.pid);
      void replica.ended.then(() => {
        if (replica.pid !== null) session.forgetReplica(replica.pid);
      });
      return replica;
    },
  };
}

function openGroup(groups: ControlGroups, name: string): ControlGroup {
  try {
    return groups.create(name);
  } catch (cause) {
    throw new ServescapeError('backend-unavailable',
      `The system refused a control group for a replica: ${cause instanceof Error ? cause.message : String(cause)}.`, {
        hint: 'Start the program again; it then looks anew for what this system allows.',
        cause,
      });
  }
}

function forgottenOnceRemoved(group: ControlGroup, session: Session): ControlGroup {
  const remove = (): boolean => {
    const removed = group.remove();
    if (removed) session.forgetGroup(group.folders);
    return removed;
  };
  return { ...group, remove };
}
