import { runServe } from './cli/serve.ts';
import { exitCodeOf } from './cli/outcome.ts';
import { keepTerminalSafe } from './cli/terminal-text.ts';

/** The web host on its own, also built to out/main/serve.js: `node out/main/serve.js [--port N] [--no-open]`. */
keepTerminalSafe();
process.exitCode = await exitCodeOf(() => runServe(process.argv.slice(2), import.meta.url));
