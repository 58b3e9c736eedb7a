import { ServescapeError } from '../domain/errors.ts';
import type { Services } from '../contract/services.ts';
import type { Shell } from '../contract/shell-methods.ts';

type ShellMethods = 'shell.offer' | 'shell.zoom' | 'shell.openLogs' | 'shell.showFile' | 'shell.watch';

/** The desktop window's part of the contract; without a window every method but the silent `watch` refuses. */
export function shellServices(shell: Shell | null, logFolder: string): Pick<Services, ShellMethods> {
  const needed = (what: string, instead: string): Shell => {
    if (shell) return shell;
    throw new ServescapeError('unsupported', `A page in a browser cannot ${what}.`, { hint: instead });
  };
  return {
    'shell.offer': async ({ commands }) => {
      shell?.offer(commands);
      return null;
    },
    'shell.zoom': async ({ by }) => {
      needed('change its size', 'Use the browser’s own zoom: Ctrl + and Ctrl −.').zoom(by);
      return null;
    },
    'shell.openLogs': async () => {
      await needed('open a folder', `The log is in ${logFolder}.`).openFolder(logFolder);
      return null;
    },
    'shell.showFile': async ({ path }) => {
      needed('open a folder', `The file is ${path}.`).showFile(path);
      return null;
    },
    'shell.watch': (_params, sink, signal) => {
      const leave = shell?.watch((event) => sink.item(event));
      if (leave) signal.addEventListener('abort', leave, { once: true });
    },
  };
}
