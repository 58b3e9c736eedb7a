import { goToRegion } from './regions.ts';
import type { AppState } from './app.svelte.ts';
import type { Offer } from './commands.svelte.ts';

/** What can be done on every screen. Screens add their own while they are shown. */
export function appCommands(app: AppState): readonly Offer[] {
  const noProject = app.project === null ? 'Open or make a project first' : null;
  const inWindow = app.info?.host === 'electron';
  const zoom = (by: -1 | 0 | 1) => () => app.client.call('shell.zoom', { by }).then(() => undefined);
  return [
    { id: 'new', run: () => app.navigate('welcome') },
    { id: 'reproduce', run: () => reproduce(app) },
    { id: 'open', run: () => app.openFile() },
    { id: 'save', disabled: noProject, run: () => save(app) },
    { id: 'save-as', disabled: noProject, run: () => app.saveAs() },
    { id: 'duplicate', disabled: noProject, run: () => app.newStudyFromThis() },
    { id: 'preferences', run: () => void (app.dialog = 'preferences') },
    { id: 'go-design', disabled: noProject, run: () => app.navigate('design') },
    { id: 'go-run', disabled: noProject, run: () => app.navigate('run') },
    { id: 'go-results', disabled: noProject, run: () => app.navigate('results') },
    { id: 'go-compare', disabled: noProject, run: () => app.navigate('compare') },
    { id: 'machine', run: () => app.navigate('machine') },
    { id: 'commands', run: () => void (app.dialog = 'palette') },
    { id: 'chart-table', run: () => pressInChart('t') },
    { id: 'chart-export', run: () => pressInChart('e') },
    { id: 'next-region', run: () => goToRegion(1) },
    { id: 'previous-region', run: () => goToRegion(-1) },
    { id: 'light', run: () => app.prefer({ theme: 'light' }) },
    { id: 'dark', run: () => app.prefer({ theme: 'dark' }) },
    { id: 'system', run: () => app.prefer({ theme: 'system' }) },
    ...(inWindow ? [{ id: 'zoom-in', run: zoom(1) }, { id: 'zoom-out', run: zoom(-1) }, { id: 'zoom-usual', run: zoom(0) }] : []),
    { id: 'help', run: () => void (app.dialog = 'help') },
    { id: 'guide', run: () => app.openGuide('guide') },
    { id: 'lab', run: () => app.openGuide('lab') },
    { id: 'tour', run: () => app.tour.start() },
    { id: 'troubleshooting', run: () => app.openGuide('troubleshooting') },
    { id: 'copy-diagnostics', run: () => copyDiagnostics(app) },
    { id: 'open-logs', disabled: inWindow ? null : `A page in a browser cannot open folders: ${app.info?.logFolder ?? ''}`, run: () => app.client.call('shell.openLogs', {}).then(() => undefined) },
    { id: 'check', run: () => app.machine.check() },
    { id: 'restore-clocks', run: () => restoreClocks(app) },
    { id: 'about', run: () => void (app.dialog = 'about') },
  ];
}

/** The dialog lies on the first screen. */
function reproduce(app: AppState): void {
  app.navigate('welcome');
  app.reproduceOpen = true;
}

/** Everything is saved as it happens; only a draft project still needs a place of its own. */
async function save(app: AppState): Promise<void> {
  await app.draft?.flush();
  if (app.project?.draft) await app.saveAs();
  else app.notices.toast('Saved. Every change is saved as it happens.');
}

export async function copyDiagnostics(app: AppState): Promise<void> {
  await navigator.clipboard.writeText(await app.client.call('app.diagnostics', {}));
  app.notices.toast('Diagnostics copied: versions, this machine, the last lines of the log.');
}

/** Gives back what Servescape has changed on the GPUs, and says so. */
async function restoreClocks(app: AppState): Promise<void> {
  const done = await app.client.call('hardware.restoreClocks', {});
  app.notices.toast(done.join(' '));
}

/** The chart that holds the focus, else the first on screen; charts know their own keys. */
function pressInChart(key: 't' | 'e'): void {
  const chart = document.activeElement?.closest('figure.plotbox') ?? document.querySelector('main figure.plotbox');
  chart?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}
