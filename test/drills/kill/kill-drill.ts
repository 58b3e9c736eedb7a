import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../../../main/domain/random.ts';
import { studySpecSchema, usualBackend, type BackendKind, type StudySpec } from '../../../main/domain/study-spec.ts';
import { createProjectFile, openProjectFile } from '../../../main/project/project-file.ts';
import { installStandIn, type StandIn } from '../../hardware/gpu/stand-in.ts';
import { containersLeft, filesLeft, processesLeft, type Life } from './leftovers.ts';

export interface KillDrill {
  readonly backend: BackendKind;
  /** Processes to be killed. */
  readonly points: number;
  readonly seed: string;
  readonly onPoint?: (done: number, where: string) => void;
}

export interface KillReport {
  readonly killed: number;
  /** Studies that were brought to their end in spite of it. */
  readonly finished: number;
  /** Where the kills fell: the last line the process had said. */
  readonly where: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

interface Found {
  readonly readOnly: string | null;
  readonly state: string;
  readonly trials: readonly { readonly number: number; readonly state: string; readonly digest: string }[];
}

const TRIALS = 4;
/** A process that has said nothing for so long hangs. */
const SILENCE_MS = 300_000;
const victim = fileURLToPath(new URL('victim.ts', import.meta.url));

/** Kills the program again and again while it runs studies, each time starting it anew and looking at what is left. */
export async function drillKills({ backend, points, seed, onPoint = () => undefined }: KillDrill): Promise<KillReport> {
  const random = createRandom(`kills/${backend}/${seed}`);
  const wrong: string[] = [];
  const where: Record<string, number> = {};
  let killed = 0;
  let finished = 0;
  const reference = backend === 'simulated' ? await undisturbed(backend, 0) : null;
  for (let study = 0; killed < points; study++) {
    const one = beginLife(backend, reference === null ? study : 0);
    try {
      // Bounded: a study that can never be brought to its end is itself what is looked for.
      for (let start = 0; ; start++) {
        if (start > 40) throw new Error('the study never came to its end');
        // A kill that falls behind the last line lets the study end.
        const kill = killed < points ? { line: random.integer(1, 26), delayMs: Math.round(random.next() ** 2 * (backend === 'simulated' ? 40 : 1500)) } : null;
        const end = await oneStart(one, kill);
        wrong.push(...end.wrong.map((text) => `${backend}, study ${study}, start ${start}: ${text}`));
        if (end.killedAfter === null) break;
        killed++;
        where[end.killedAfter] = (where[end.killedAfter] ?? 0) + 1;
        onPoint(killed, end.killedAfter);
      }
      finished++;
      wrong.push(...(await judgeFinished(one, reference)).map((text) => `${backend}, study ${study}: ${text}`));
    } finally {
      one.dispose();
    }
  }
  return { killed, finished, where, wrong };
}

interface OneLife extends Life {
  readonly backend: BackendKind;
  readonly file: string;
  readonly standIn: StandIn | null;
  readonly pids: Set<number>;
  /** Trials whose end was told: number → digest. */
  readonly acknowledged: Map<number, string>;
  dispose(): void;
}

function beginLife(backend: BackendKind, seed: number): OneLife {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'servescape-kill-')));
  const [data, temporary, project] = ['data', 'tmp', 'project'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [data, temporary, project]) mkdirSync(path);
  const file = createProjectFile(join(project, 'p.servescape'), { name: 'p' });
  file.createStudy(specFor(backend, seed), '2026-01-01T00:00:00.000Z');
  file.close();
  const standIn = backend === 'local' ? installStandIn() : null;
  return {
    backend, folder, data, temporary, project, file: file.path, standIn, pids: new Set(), acknowledged: new Map(),
    dispose: () => {
      standIn?.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Small: what counts is how often it is killed. The local one also turns a GPU clock, of a stand-in. */
function specFor(backend: BackendKind, seed: number): StudySpec {
  const read = (name: string): object => JSON.parse(readFileSync(new URL(`../../../resources/${name}`, import.meta.url), 'utf8')) as object;
  const budget = { trials: TRIALS };
  if (backend === 'simulated') return studySpecSchema.parse({ ...read('templates/simulated.json'), sampler: { kind: 'random' }, budget, seed });
  const example = studySpecSchema.parse(read('examples/mnist-digits.json'));
  return studySpecSchema.parse({
    ...example, backend: usualBackend(backend), sampler: { kind: 'random' }, budget, seed,
    space: [{ kind: 'integer', name: 'replicas', low: 1, high: 2, scale: 'linear' }, { kind: 'real', name: 'batchTimeoutMicros', low: 100, high: 5000, scale: 'log' }],
    fixed: { cpuCores: 0.7, memoryMb: 400, ...(backend === 'local' && { gpuClockMhz: 1200 }) },
    ...(backend === 'local' && { gpuClocks: { cards: ['NVIDIA RTX A5000'], driver: '550.54.15', memoryMhz: 7601, clocksMhz: [900, 1200, 1500, 1740] } }),
    measurement: { ...example.measurement, requests: { kind: 'fixed', count: 80 }, readyTimeoutMs: 120_000 },
  });
}

interface StartEnd {
  /** What it had said last when it was killed; null: it came to its end. */
  readonly killedAfter: string | null;
  readonly wrong: readonly string[];
}

async function oneStart(life: OneLife, kill: { readonly line: number; readonly delayMs: number } | null): Promise<StartEnd> {
  const wrong: string[] = [];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', victim, life.file, life.backend === 'simulated' ? 'lean' : 'app'], {
    env: {
      ...process.env, ...life.standIn?.environment, SERVESCAPE_DATA: life.data, TMPDIR: life.temporary,
      NODE_COMPILE_CACHE: join(tmpdir(), 'servescape-kill-compile-cache'),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  life.pids.add(child.pid!);
  child.stdin.on('error', () => undefined); // It may be dead by then.
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  let said = 0;
  let last = 'nothing';
  let silence: ReturnType<typeof setTimeout> | null = null;
  let checking: Promise<void> = Promise.resolve();
  const listenOn = (): void => {
    if (silence) clearTimeout(silence);
    silence = setTimeout(() => {
      wrong.push(`nothing was said for ${SILENCE_MS / 1000} s after “${last}”`);
      child.kill('SIGKILL');
    }, SILENCE_MS);
  };
  listenOn();
  const closed = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    listenOn();
    said++;
    last = line.split(' {')[0]!;
    if (kill !== null && said === kill.line) setTimeout(() => child.kill('SIGKILL'), kill.delayMs);
    if (line.startsWith('opened ')) checking = checkStart(life, child, JSON.parse(line.slice(7)) as Found).then((found) => void wrong.push(...found));
    if (line.startsWith('finished ')) {
      const { number, digest } = JSON.parse(line.slice(9)) as { number: number; digest: string };
      if (life.acknowledged.has(number)) wrong.push(`trial ${number} finished twice`);
      life.acknowledged.set(number, digest);
    }
  });
  const { code, signal } = await closed;
  if (silence) clearTimeout(silence);
  await checking;
  if (signal === 'SIGKILL') return { killedAfter: last, wrong };
  if (code !== 0) wrong.push(`it ended by itself with ${code ?? signal}: ${complaints.slice(-600)}`);
  return { killedAfter: null, wrong };
}

/** The next start has swept and opened: nothing of the killed one is left, and nothing it had told of is lost. */
async function checkStart(life: OneLife, child: ChildProcess, { readOnly, state, trials }: Found): Promise<readonly string[]> {
  const wrong: string[] = [];
  if (readOnly !== null) wrong.push(`opened read-only: ${readOnly}`);
  if (state === 'running' || state === 'paused') wrong.push(`the study is still ${state}`);
  wrong.push(...judgeTrials(life, trials));
  wrong.push(...filesLeft(life, true), ...processesLeft(life, child.pid));
  if (life.backend === 'docker') wrong.push(...(await containersLeft(new Set([...life.pids].filter((pid) => pid !== child.pid)))));
  wrong.push(...clocksLeft(life));
  child.stdin?.write('go\n');
  return wrong;
}

function judgeTrials({ acknowledged }: OneLife, trials: Found['trials']): readonly string[] {
  const wrong: string[] = [];
  trials.forEach(({ number, state }, i) => {
    if (number !== i + 1) wrong.push(`trial ${i + 1} is numbered ${number}`);
    if (state === 'running') wrong.push(`trial ${number} is still running`);
  });
  for (const [number, digest] of acknowledged) {
    const kept = trials[number - 1];
    if (kept === undefined) wrong.push(`trial ${number} was told of and is lost`);
    else if (kept.digest !== digest) wrong.push(`trial ${number} is not what was told`);
  }
  return wrong;
}

function clocksLeft({ standIn }: OneLife): readonly string[] {
  const changed = standIn?.state().cards.filter(({ application, locked }) => locked !== null || application?.[1] !== 1500) ?? [];
  return changed.map(({ index }) => `the clock of card ${index} is still changed`);
}

async function judgeFinished(life: OneLife, reference: readonly string[] | null): Promise<readonly string[]> {
  const wrong = [...filesLeft(life, false), ...processesLeft(life, undefined), ...clocksLeft(life)];
  if (life.backend === 'docker') wrong.push(...(await containersLeft(life.pids)));
  const counted = countedConfigurations(life.file);
  if (counted.length !== TRIALS) wrong.push(`${counted.length} trials counted, asked for ${TRIALS}`);
  if (new Set(counted).size !== counted.length) wrong.push('a configuration was counted twice');
  if (reference !== null && JSON.stringify(reference) !== JSON.stringify(counted)) wrong.push('other configurations than of a study that was never killed');
  return wrong;
}

function countedConfigurations(path: string): readonly string[] {
  const file = openProjectFile(path, { readOnly: true });
  const { trials } = file.study(file.studies()[0]!.id);
  file.close();
  return trials.filter(({ state }) => state !== 'aborted').map(({ configuration }) => JSON.stringify(configuration));
}

async function undisturbed(backend: BackendKind, seed: number): Promise<readonly string[]> {
  const life = beginLife(backend, seed);
  try {
    const { wrong } = await oneStart(life, null);
    if (wrong.length > 0) throw new Error(`the study does not even run undisturbed: ${wrong.join('; ')}`);
    return countedConfigurations(life.file);
  } finally {
    life.dispose();
  }
}
