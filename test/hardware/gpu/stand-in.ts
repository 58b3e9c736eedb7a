import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FakeCard {
  readonly index: number;
  readonly name: string;
  readonly busId: string;
  readonly uuid: string;
  readonly mig: boolean | null;
  readonly pairs: readonly (readonly [memory: number, graphics: number])[];
  readonly usual: readonly [number, number] | null;
  readonly application: readonly [number, number] | null;
  readonly locked: readonly [number, number] | null;
  readonly reasons?: string;
  readonly temperatureC?: number;
  readonly powerW?: number | null;
}

/** See the head of fake-nvidia-smi.mjs. */
export interface FakeState {
  readonly cards: readonly FakeCard[];
  readonly permission: 'root' | 'sudo' | 'none';
  readonly application: 'ok' | 'unsupported' | 'deprecated';
  readonly locked: 'ok' | 'unsupported';
  readonly list: 'ok' | 'none' | 'hang' | 'old';
  readonly hang: 'set' | 'query' | null;
  readonly delayMs: number;
  readonly unknownFields: readonly string[];
  readonly utilisation: number;
  readonly driver: string;
  readonly killApp: { readonly call: number; readonly phase: 'before' | 'after' } | null;
}

export const CLOCKS = [1740, 1500, 1200, 900, 600] as const;

export function fakeCard(index: number, more: Partial<FakeCard> = {}): FakeCard {
  return {
    index, name: 'NVIDIA RTX A5000', busId: `00000000:0${index + 1}:00.0`, uuid: `GPU-00000000-0000-0000-0000-00000000000${index}`, mig: null,
    pairs: [...CLOCKS.map((graphics) => [7601, graphics] as const), [405, 420]], usual: [7601, 1500], application: [7601, 1500], locked: null, ...more,
  };
}

/** What real machines answer like, by name. */
export const MODES = {
  'root, application clocks': {},
  'through sudo only': { permission: 'sudo' },
  'no permission': { permission: 'none' },
  'GeForce: lock only': { application: 'unsupported', cards: [fakeCard(0, { name: 'NVIDIA GeForce RTX 3080', usual: null, application: null })] },
  'application clocks given up by the driver': { application: 'deprecated', driver: '610.43.02' },
  'laptop: neither': { application: 'unsupported', locked: 'unsupported', cards: [fakeCard(0, { name: 'NVIDIA GeForce RTX 4060 Laptop GPU', usual: null, application: null })] },
  'two cards': { cards: [fakeCard(0), fakeCard(1)] },
  'application clocks of the user’s own': { cards: [fakeCard(0, { application: [7601, 1200] })] },
  'setting hangs': { hang: 'set' },
} as const satisfies Record<string, Partial<FakeState>>;
export type Mode = keyof typeof MODES;

export interface StandIn {
  readonly folder: string;
  /** An empty folder for the marker. */
  readonly data: string;
  readonly program: string;
  /** For a child process: the stand-in and its sudo come first. */
  readonly environment: Readonly<Record<string, string>>;
  readonly state: () => FakeState;
  readonly change: (change: Partial<FakeState>) => void;
  readonly calls: () => readonly { readonly args: readonly string[]; readonly asRoot: boolean }[];
  readonly remove: () => void;
}

/** The stand-in in a folder of its own, ready to be called. */
export function installStandIn(start: Partial<FakeState> = {}): StandIn {
  const folder = mkdtempSync(join(tmpdir(), 'servescape-smi-'));
  const program = join(folder, 'nvidia-smi');
  const data = join(folder, 'data');
  mkdirSync(data);
  symlinkSync(fileURLToPath(new URL('fake-nvidia-smi.mjs', import.meta.url)), program);
  writeFileSync(join(folder, 'sudo'), `#!/bin/sh\n[ "$1" = -n ] && shift\n[ "$1" = -- ] && shift\nif [ -e "${folder}/sudo-refuses" ]; then echo 'sudo: a password is required' >&2; exit 1; fi\nFAKE_SMI_ROOT=1 exec "$@"\n`);
  chmodSync(join(folder, 'sudo'), 0o755);
  const path = join(folder, 'state.json');
  const state: FakeState = {
    cards: [fakeCard(0)], permission: 'root', application: 'ok', locked: 'ok', list: 'ok', hang: null, delayMs: 0, unknownFields: [], utilisation: 0,
    driver: '550.54.15', killApp: null, ...start,
  };
  const read = (): FakeState => JSON.parse(readFileSync(path, 'utf8')) as FakeState;
  writeFileSync(path, JSON.stringify(state));
  return {
    folder, data, program,
    environment: { FAKE_SMI: folder, PATH: [folder, process.env['PATH'] ?? ''].join(delimiter) },
    state: read,
    change: (change) => writeFileSync(path, JSON.stringify({ ...read(), ...change })),
    calls: () => {
      const log = join(folder, 'calls.jsonl');
      if (!existsSync(log)) return [];
      return readFileSync(log, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { args: string[]; asRoot: boolean });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Puts the stand-in's environment into this process; returns how to take it out again. */
export function enterStandIn(standIn: StandIn): () => void {
  const before = { ...process.env };
  Object.assign(process.env, standIn.environment);
  return () => {
    for (const name of Object.keys(standIn.environment)) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  };
}
