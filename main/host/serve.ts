import { runServe } from './cli/serve.ts';
import { exitCodeOf } from './cli/outcome.ts';

/** The web host on its own, also built to out/main/serve.js: `node out/main/serve.js [--port N] [--no-open]`. */
process.exitCode = await exitCodeOf(() => runServe(process.argv.slice(2), import.meta.url));
