import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Runs on the machine's own Node (20 or newer) before anything is installed: Node's modules only. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The Node the program runs on: the one of the dev dependency when it is there. */
export function nodePath() {
  const installed = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(installed) ? installed : process.execPath;
}

/** A script inside node_modules, for `runNode`. */
export function toolScript(...path) {
  return join(root, 'node_modules', ...path);
}

/**
 * Runs a process to its end. `output`: 'inherit' shows it, 'stderr' shows it on standard error, 'keep' keeps it for the caller.
 * Resolves to `{ code, text }`; never rejects. A time limit ends it with code 124.
 */
export function runProcess(command, args, { output = 'inherit', env = {}, timeoutMs = 0 } = {}) {
  const stdio = { inherit: ['ignore', 'inherit', 'inherit'], stderr: ['ignore', 2, 2], keep: ['ignore', 'pipe', 'pipe'] }[output];
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...env }, windowsHide: true });
    let text = '';
    let timedOut = false;
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    const timer = timeoutMs > 0 ? setTimeout(() => { timedOut = true; child.kill('SIGKILL'); }, timeoutMs) : null;
    const end = (code, more = '') => {
      if (timer) clearTimeout(timer);
      resolve({ code, text: text + more });
    };
    child.on('error', (error) => end(127, String(error)));
    child.on('close', (code, signal) => end(timedOut ? 124 : (code ?? 128), signal ? `ended by ${signal}\n` : ''));
  });
}

export function runNode(args, options) {
  return runProcess(nodePath(), args, options);
}
