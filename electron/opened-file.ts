import { isAbsolute, resolve } from 'node:path';
import { PAGE_ORIGIN } from './page-protocol.ts';

/** The project file among a command line's arguments (double click on Windows and Linux); null when there is none. */
export function fileFromArguments(argv: readonly string[], workingFolder: string): string | null {
  const path = argv.slice(1).findLast((argument) => !argument.startsWith('-') && argument.toLowerCase().endsWith('.servescape'));
  if (path === undefined) return null;
  return isAbsolute(path) ? path : resolve(workingFolder, path);
}

/** The page's address; after `#open=` it finds the file it is to open, at the start and while it runs. */
export function pageAddress(file: string | null): string {
  return `${PAGE_ORIGIN}/index.html${file === null ? '' : `#open=${encodeURIComponent(file)}`}`;
}
