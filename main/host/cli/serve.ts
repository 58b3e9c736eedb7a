import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { badInput } from '../../domain/errors.ts';
import { placesBeside } from '../places.ts';
import { startWebHost } from '../web/web-host.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { nextStopSignal } from './stop-signal.ts';

export const SERVE: Command = {
  usage: `serve [--port N] [--no-open]
  Serves the program to a browser on this machine, at an address that works once.
  --port N    use this port of 127.0.0.1 (a free one without it)
  --no-open   print the address, do not open the browser`,
  run: runServe,
};

/** Serves until it is told to stop. `entryUrl` is the `import.meta.url` of the entry file. */
export async function runServe(args: readonly string[], entryUrl: string): Promise<number> {
  const { values } = parseCommandLine(args, { port: { type: 'string' }, 'no-open': { type: 'boolean' } });
  const port = parsePort(values.port);
  const places = placesBeside(entryUrl);
  const { createApp } = await import('../../compose.ts');
  const stopped = nextStopSignal();
  const app = createApp({ ...places, host: 'browser' });
  try {
    await app.start();
    const host = await startWebHost({
      services: app.services, rendererRoot: places.rendererRoot, port, onFault: (error, method) => {
        app.onFault(error, method);
        console.error(`${method}:`, error);
      },
    });
    for (const notice of app.notices) console.log(notice);
    const address = host.freshAddress();
    console.log(`Servescape runs at ${address}`);
    console.log('The address works once. Enter prints a fresh one, Ctrl+C ends the program.');
    if (values['no-open'] !== true) openInBrowser(address);
    const lines = createInterface({ input: process.stdin });
    lines.on('line', () => console.log(`Servescape runs at ${host.freshAddress()}`));
    await stopped;
    lines.close();
    process.stdin.destroy();
    await host.close();
    return 0;
  } finally {
    await app.close();
  }
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw badInput('--port', text, 'a whole number from 0 to 65535; 0 takes a free port');
  return port;
}

function openInBrowser(address: string): void {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
  const child = spawn(command!, [...args, address], { stdio: 'ignore', detached: true });
  child.on('error', () => console.log('There is no browser that could be opened from here; open the address yourself.'));
  child.unref();
}
