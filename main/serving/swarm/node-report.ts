import { counted } from '../../domain/format.ts';
import { errorData } from '../../domain/errors.ts';
import type { NodeInfo, NodeReport, NodeWork } from '../../domain/node-report.ts';
import { BYTES_PER_MB, engineName, openEngine, type Engine } from '../docker/engine.ts';
import type { EngineAddress } from '../docker/engine-address.ts';
import { SESSION_LABEL } from '../docker/labels.ts';
import { hasImage } from './prepare-nodes.ts';
import { addressOf, countGeneric, isUp, nodeName, type GenericResource, type TaskAnswer } from './swarm-answers.ts';
import { openSwarm } from './swarm-session.ts';

type Reservations = NonNullable<NonNullable<TaskAnswer['Spec']>['Resources']>['Reservations'];
type EngineLook = Pick<NodeInfo, 'image' | 'clockOffsetMs' | 'clockWithinMs'>;
const UNSEEN: EngineLook = { image: null, clockOffsetMs: null, clockWithinMs: null };

/** The nodes of a swarm: what each has, what is taken, by whom. @throws ServescapeError where there is no manager */
export async function reportSwarm(addresses: readonly EngineAddress[], image: string): Promise<NodeReport> {
  const swarm = await openSwarm(addresses);
  const { docker } = swarm.manager;
  const [nodes, tasks, services] = await Promise.all([
    swarm.nodes(), docker.listTasks({ filters: { 'desired-state': ['running'] } }) as Promise<TaskAnswer[]>,
    docker.listServices() as unknown as Promise<{ ID: string; Spec: { Name: string; Labels?: Record<string, string> } }[]>,
  ]);
  const infos = await Promise.all(nodes.map(async (node): Promise<NodeInfo> => {
    const engine = isUp(node) ? (swarm.engines.get(node.ID) ?? null) : null;
    const here = tasks.filter(({ NodeID }) => NodeID === node.ID);
    const reserved = here.map(({ Spec }) => Spec?.Resources?.Reservations);
    const { Resources, Engine } = node.Description ?? {};
    const availability = node.Spec?.Availability ?? 'active';
    return {
      name: nodeName(node), role: node.Spec?.Role ?? (node.ManagerStatus === undefined ? 'worker' : 'manager'),
      state: availability === 'active' ? (node.Status?.State ?? 'unknown') : availability, usable: isUp(node),
      engine: Engine?.EngineVersion === undefined ? '' : `Docker ${Engine.EngineVersion.replace(/\+.*$/, '')}`, address: addressOf(node),
      cores: Resources?.NanoCPUs === undefined ? null : Resources.NanoCPUs / 1e9,
      memoryMb: Resources?.MemoryBytes === undefined ? null : Math.floor(Resources.MemoryBytes / BYTES_PER_MB),
      takenCores: sum(reserved, (one) => (one?.NanoCPUs ?? 0) / 1e9), takenMemoryMb: sum(reserved, (one) => (one?.MemoryBytes ?? 0) / BYTES_PER_MB),
      resources: kindsOf(Resources?.GenericResources).map((kind) => ({
        kind, total: countGeneric(Resources?.GenericResources, kind), taken: sum(reserved, (one) => countGeneric(one?.GenericResources, kind)),
      })),
      work: services.map(({ ID, Spec }) => workOf(Spec, here.filter(({ ServiceID }) => ServiceID === ID))).filter(({ count }) => count > 0),
      ...(engine === null ? UNSEEN : await lookInto(engine, image)),
      problem: isUp(node) ? (engine === null ? 'Its engine is not in the list of the study, so images and clock cannot be asked.' : '') : (node.Status?.Message ?? ''),
    };
  }));
  infos.sort((a, b) => (a.role === b.role ? a.name.localeCompare(b.name) : a.role === 'manager' ? -1 : 1));
  return { summary: `Swarm of ${counted(infos.length, 'node')}`, image, nodes: infos };
}

/** Engines beside each other, without a swarm. Never throws: one that does not answer says so. */
export async function reportEngines(addresses: readonly EngineAddress[], image: string): Promise<NodeReport> {
  const nodes = await Promise.all(addresses.map(async (address): Promise<NodeInfo> => {
    try {
      return await engineInfo(await openEngine(address), image);
    } catch (error) {
      return {
        name: address.words, role: 'engine', state: 'no answer', usable: false, engine: '', address: address.words, cores: null, memoryMb: null,
        takenCores: 0, takenMemoryMb: 0, resources: [], work: [], ...UNSEEN, problem: errorData(error).message,
      };
    }
  }));
  return { summary: counted(nodes.length, 'engine'), image, nodes };
}

async function engineInfo(engine: Engine, image: string): Promise<NodeInfo> {
  const { docker, facts, address } = engine;
  const [running, info] = await Promise.all([docker.listContainers(), docker.info() as Promise<{ Name?: string }>]);
  const limits = await Promise.all(running.map(async ({ Id }) => (await docker.getContainer(Id).inspect().catch(() => null))?.HostConfig));
  const work = running.map(({ Names, Labels }, i): NodeWork => ({
    what: (Names[0] ?? '').replace(/^\//, ''), count: 1, ours: Labels?.[SESSION_LABEL] !== undefined,
    cores: limits[i]?.NanoCpus ? limits[i].NanoCpus / 1e9 : null, memoryMb: limits[i]?.Memory ? limits[i].Memory / BYTES_PER_MB : null,
  }));
  return {
    name: info.Name ?? address.words, role: 'engine', state: 'ready', usable: true, engine: engineName(facts), address: address.words,
    cores: facts.cores, memoryMb: facts.memoryMb, takenCores: sum(work, ({ cores }) => cores ?? 0), takenMemoryMb: sum(work, ({ memoryMb }) => memoryMb ?? 0),
    resources: [], work, ...(await lookInto(engine, image)), problem: '',
  };
}

/** The engine's clock lies within half a question's time of what it says. */
async function lookInto(engine: Engine, image: string): Promise<EngineLook> {
  try {
    const here = (await hasImage(engine, image)) ? 'there' : 'missing';
    const fromMs = performance.timeOrigin + performance.now();
    const { SystemTime } = (await engine.docker.info()) as { SystemTime?: string };
    const toMs = performance.timeOrigin + performance.now();
    const saidMs = Date.parse(SystemTime ?? '');
    return { image: here, clockOffsetMs: Number.isFinite(saidMs) ? saidMs - (fromMs + toMs) / 2 : null, clockWithinMs: (toMs - fromMs) / 2 };
  } catch {
    return UNSEEN;
  }
}

function workOf({ Name, Labels }: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> }, tasks: readonly TaskAnswer[]): NodeWork {
  const reserved = tasks.map(({ Spec }): Reservations => Spec?.Resources?.Reservations);
  const cores = sum(reserved, (one) => (one?.NanoCPUs ?? 0) / 1e9);
  const memoryMb = sum(reserved, (one) => (one?.MemoryBytes ?? 0) / BYTES_PER_MB);
  return { what: Name, count: tasks.length, ours: Labels?.[SESSION_LABEL] !== undefined, cores: cores || null, memoryMb: memoryMb || null };
}

function kindsOf(resources: readonly GenericResource[] | undefined): readonly string[] {
  return [...new Set((resources ?? []).flatMap(({ DiscreteResourceSpec: some, NamedResourceSpec: one }) => [some?.Kind ?? '', one?.Kind ?? '']))].filter((kind) => kind !== '');
}

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
