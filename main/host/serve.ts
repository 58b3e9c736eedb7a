import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { runServe } from './web/run-serve.ts';

/** `node main/host/serve.ts [--port N] [--no-open]`, also built to out/main/serve.js. */
const { values } = parseArgs({ options: { port: { type: 'string' }, 'no-open': { type: 'boolean' } } });
process.exitCode = await runServe({ entryUrl: import.meta.url, port: values.port, open: values['no-open'] !== true });
