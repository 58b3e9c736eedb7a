import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { createApp } from '../../compose.ts';
import { badInput, errorData } from '../../domain/errors.ts';
import { dataFolder, placesBeside } from '../places.ts';
import { nextStopSignal } from '../stop-signal.ts';
import { startWebHost } from './web-host.ts';

export interface ServeOptions {
  /** `import.meta.url` of the entry. */
  readonly entryUrl: string;
  readonly port: string | undefined;
  /** Open the address in the user's browser. */
  readonly open: boolean;
}

/** Serves the program on this machine until it is told to stop; resolves to the exit code. */
export async function runServe({ entryUrl, port, open }: ServeOptions): Promise<number> {
  const places = placesBeside(entryUrl);
  const app = createApp({ ...places, dataFolder: dataFolder(), host: 'browser' });
  await app.start();
  try {
    const host = await startWebHost({
      services: app.services, rendererRoot: places.rendererRoot, port: parsePort(port),
      onFault: (error, method) => console.error(`${method}:`, error),
    });
    for (const notice of app.notices) console.log(notice);
    const address = host.freshAddress();
    console.log(`Servescape runs at ${address}`);
    console.log('Ctrl+C ends it. Enter prints a fresh address for another browser.');
    if (open) openInBrowser(address);
    const lines = createInterface({ input: process.stdin });
    lines.on('line', () => console.log(`Servescape runs at ${host.freshAddress()}`));
    await nextStopSignal();
    lines.close();
    await host.close();
    return 0;
  } finally {
    await app.close();
  }
}

export function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw badInput('--port', text, 'a whole number from 0 to 65535; 0 takes a free port');
  return port;
}

function openInBrowser(address: string): void {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
  const child = spawn(command!, [...args, address], { stdio: 'ignore', detached: true });
  child.on('error', (error) => console.log(`The browser could not be opened (${errorData(error).message}); open the address yourself.`));
  child.unref();
}
