import { errorData } from '../domain/errors.ts';
import { tripsOf } from '../domain/round-trips.ts';
import type { LoadResult } from '../study/ports.ts';
import { frameReader, toFrame } from './message-frames.ts';
import type { FromStation, ToStation } from './station-messages.ts';
import { createThreadLoadGenerator } from './thread-load-generator.ts';

/**
 * Entry of the load generator that runs beside the replicas: calls come in on its input, answers go out on its output. It ends
 * with its input, so nothing of it outlives the program that asked for it.
 */
const [dataRoot = '', ownDataRoot = ''] = process.argv.slice(2);
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const generator = createThreadLoadGenerator({ workerUrl: new URL(`./load-worker${extension}`, import.meta.url), dataRoot, ownDataRoot: ownDataRoot || null });
let current = new AbortController();

const hear = (message: ToStation): void => {
  switch (message.kind) {
    case 'abort':
      return current.abort();
    case 'echo':
      return say({ kind: 'answer', call: message.call, value: null });
    case 'network':
      return void answer(message.call, generator.networkMs!(message.endpoints));
    case 'run':
      current = new AbortController();
      return void answer(message.call, generator.run(message.plan, { signal: current.signal, onTick: (tick) => say({ kind: 'tick', call: message.call, tick }) }));
  }
};

async function answer(call: number, value: Promise<LoadResult | number | null>): Promise<void> {
  try {
    say({ kind: 'answer', call, value: await value });
  } catch (error) {
    say({ kind: 'failed', call, error: errorData(error), trips: tripsOf(error) });
  }
}

function say(message: FromStation): void {
  process.stdout.write(toFrame(message));
}

process.stdout.on('error', () => process.exit(1));
process.stdin.on('data', frameReader((message) => hear(message as ToStation))).on('end', () => process.exit(0));
