import { cpus, homedir, release, totalmem } from 'node:os';
import type { AppInfo, PreflightReport } from '../contract/values.ts';

const LOG_LINES = 40;

/** What a report about a fault should say of program and machine: plain text, the user's home written as “~”, no study in it. */
export function diagnosticsText(info: AppInfo, report: PreflightReport | null, log: readonly string[], home = homedir()): string {
  const { versions } = info;
  const lines = [
    `Servescape ${info.version}, ${info.host === 'electron' ? 'desktop window' : 'browser page'}`,
    Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', '),
    `${info.platform} ${release()}, ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 1024 ** 2)} MB memory`,
    '',
    'This machine',
    ...(report === null ? ['  not looked at yet'] : report.items.map(({ label, state, fact }) => `  ${state.padEnd(6)} ${label}: ${fact}`)),
    '',
    `Last lines of the log (${info.logFolder})`,
    ...(log.length === 0 ? ['  empty'] : log.slice(-LOG_LINES).map((line) => `  ${line}`)),
  ];
  const text = lines.join('\n');
  return home.length > 1 ? text.replaceAll(home, '~') : text;
}
