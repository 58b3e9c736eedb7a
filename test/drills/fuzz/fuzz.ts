import { ServescapeError } from '../../../main/domain/errors.ts';
import { createRandom } from '../../../main/domain/random.ts';
import type { Target } from './targets.ts';

export interface FuzzReport {
  readonly name: string;
  readonly mutations: number;
  readonly refused: number;
  readonly slowestMs: number;
  /** Seeds and what they threw that is no typed refusal with a reason. */
  readonly wrong: readonly string[];
}

/** Longer than this is a hang; far from anything a busy machine does. */
const HANG_MS = 20_000;

/** `mutations` seeded mutations of one kind of input; each is `from` + i, so that one can be tried again. */
export async function fuzz({ name, attempt }: Target, mutations: number, folder: string, fromSeed = 0): Promise<FuzzReport> {
  const wrong: string[] = [];
  let refused = 0;
  let slowestMs = 0;
  const unhandled = (error: unknown): void => void wrong.push(`unhandled: ${describe(error)}`);
  process.on('unhandledRejection', unhandled);
  process.on('uncaughtException', unhandled);
  for (let seed = fromSeed; seed < fromSeed + mutations; seed++) {
    const startedMs = performance.now();
    try {
      await attempt(createRandom(`${name}/${seed}`), folder);
    } catch (error) {
      if (error instanceof ServescapeError && error.code !== 'internal' && error.message.length > 10) refused++;
      else wrong.push(`seed ${seed}: ${describe(error)}`);
    }
    const tookMs = performance.now() - startedMs;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > HANG_MS) wrong.push(`seed ${seed}: took ${Math.round(tookMs)} ms`);
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  process.off('uncaughtException', unhandled);
  return { name, mutations, refused, slowestMs, wrong };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)} ${error.stack?.split('\n').find((line) => line.includes('/main/'))?.trim() ?? ''}` : String(error);
}
