import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../main/modelserver/main.ts', import.meta.url));
export const DIGITS = fileURLToPath(new URL('../../resources/models/digits', import.meta.url));

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: { readonly error?: string; readonly predictions?: number[][]; readonly outputs?: unknown };
}

export interface RunningServer {
  readonly child: ChildProcess;
  readonly port: number;
  readonly url: string;
  readonly log: () => string;
  readonly get: (path: string) => Promise<Answer>;
  readonly post: (path: string, body: unknown) => Promise<Answer>;
  /** Ends it and waits for its end. */
  readonly stop: () => Promise<void>;
}

/** Starts the real program and waits for the line that tells its port. It dies with the test process. */
export async function startServer(flags: readonly string[]): Promise<RunningServer> {
  const child = spawn(process.execPath, [MAIN, '--tensorflow_session_parallelism=1', '--servescape_exit_with_parent', '--max_num_load_retries=0', ...flags], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let log = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const found = /Exporting HTTP\/REST API at:localhost:(\d+) \.\.\./.exec(log)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', (code) => { reject(new Error(`exited with ${code}: ${log}`)); });
  });
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) as Answer['json'] : {} };
  };
  return {
    child, port, url,
    log: () => log,
    get: (path) => ask(path),
    post: (path, body) => ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Runs the program to its end. */
export async function runToEnd(flags: readonly string[]): Promise<{ readonly code: number | null; readonly log: string }> {
  const child = spawn(process.execPath, [MAIN, '--servescape_exit_with_parent', ...flags], { stdio: ['pipe', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { log += text; });
  const [code] = await once(child, 'close') as [number | null];
  return { code, log };
}
