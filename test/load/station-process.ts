import { spawn, type ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const STATION = fileURLToPath(new URL('../../main/load/load-station.ts', import.meta.url));

/** The load generator as a process of its own, as it runs in a container; destroying the stream ends it. */
export function startStation(dataRoot: string): { readonly child: ChildProcess; readonly stream: Duplex } {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', STATION, dataRoot], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const stream = new Duplex({
    read: () => undefined,
    write: (bytes, _encoding, done) => void child.stdin.write(bytes, done),
    destroy: (error, done) => {
      child.stdin.end();
      void exit.then(() => done(error));
    },
  });
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (bytes) => stream.push(bytes));
  void exit.then(() => stream.destroy());
  return { child, stream };
}
