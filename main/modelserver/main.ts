/** The model server's program: `node main/modelserver/main.ts --model_name=digits --model_base_path=resources/models/digits` */
import { ServescapeError } from '../domain/errors.ts';
import { parseFlags } from './flags.ts';
import { log } from './log.ts';
import { guardMemory } from './memory-guard.ts';
import { exitWithParent } from './parent-watch.ts';
import { runModelServer } from './server.ts';

/** TensorFlow Serving's main returns −1. */
const FAILED_EXIT_CODE = 255;
process.env['ORT_DISABLE_TELEMETRY'] = '1';

// Source runs as .ts, the packaged program as .js; the worker lies beside this file either way.
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const workerUrl = new URL(`./inference-worker${extension}`, import.meta.url);

// As process 1 of a container a signal without a handler is ignored; anywhere else the default is the quickest end.
if (process.pid === 1) process.on('SIGTERM', () => process.exit(0));

try {
  const flags = parseFlags(process.argv.slice(2));
  if (flags.servescape_exit_with_parent) exitWithParent();
  if (flags.servescape_memory_limit_mb > 0) guardMemory(flags.servescape_memory_limit_mb);
  await runModelServer(flags, workerUrl);
} catch (error) {
  const text = error instanceof ServescapeError
    ? [error.message, error.details.hint].filter(Boolean).join(' ')
    : `INTERNAL: ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
  log('E', `Failed to start server. Error: ${text}`);
  process.exit(FAILED_EXIT_CODE);
}
