import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { electronBinary, hasDisplay } from './electron-binary.mjs';
import { root, runNode, runProcess, toolScript } from './tools.mjs';

/**
 * `npm start`: the desktop window where there can be one, else one line that says why not and the same program for a
 * browser. --web serves the page although a window could be had; --no-open and --port say how, and imply --web.
 */
const FETCH_LIMIT_S = 60;
/** A window that closes itself with an error within this time never worked. */
const FAILED_AT_ONCE_MS = 10_000;

const { values, positionals } = parseArgs({
  options: { web: { type: 'boolean' }, 'no-open': { type: 'boolean' }, port: { type: 'string' } }, allowPositionals: true,
});

async function main() {
  if (values.web || values['no-open'] || values.port !== undefined) return serve({ open: !values['no-open'] });
  const reason = whyNeverAWindow() ?? (await fetchElectron()) ?? (await openWindow());
  if (reason === null) return;
  console.log(`No window: ${reason}. Serving the same program to a browser instead.`);
  return serve({ open: hasDisplay() });
}

function whyNeverAWindow() {
  if (!hasDisplay()) return 'there is no display';
  if (process.getuid?.() === 0) return 'the window does not run as root';
  return null;
}

/** Null when the binary is there; else why it cannot be had. */
async function fetchElectron() {
  if (electronBinary() !== null) return null;
  console.log(`Fetching the window's program (Electron), for at most ${FETCH_LIMIT_S} s …`);
  const { code } = await runNode([toolScript('electron', 'install.js')], { output: 'keep', timeoutMs: FETCH_LIMIT_S * 1000 });
  if (electronBinary() !== null) return null;
  return code === 124 ? `Electron could not be fetched within ${FETCH_LIMIT_S} s` : 'Electron could not be fetched';
}

async function openWindow() {
  const started = Date.now();
  const { code } = await runProcess(electronBinary(), [root, ...positionals]);
  if (code === 0 || Date.now() - started > FAILED_AT_ONCE_MS) {
    process.exitCode = code;
    return null;
  }
  return `Electron ended at once with code ${code}`;
}

async function serve({ open }) {
  const entry = join(root, 'out', 'main', 'serve.js');
  process.argv = [
    process.argv[0], entry, ...(open ? [] : ['--no-open']), ...(values.port === undefined ? [] : ['--port', values.port]),
  ];
  await import(pathToFileURL(entry));
}

await main();
