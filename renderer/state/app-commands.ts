import type { AppState } from './app.svelte.ts';
import type { Command } from './commands.svelte.ts';

/** What can be done on every screen. Screens add their own while they are shown. */
export function appCommands(app: AppState): readonly Command[] {
  const noProject = app.project === null ? 'Open or make a project first' : null;
  return [
    { id: 'new', label: 'New study from a template', icon: 'plus', shortcut: 'Mod+N', run: () => app.navigate('welcome') },
    { id: 'reproduce', label: 'Reproduce the report…', icon: 'layers', run: () => reproduce(app) },
    { id: 'open', label: 'Open…', icon: 'folder', shortcut: 'Mod+O', run: () => app.openFile() },
    { id: 'save', label: 'Save', icon: 'save', shortcut: 'Mod+S', disabled: noProject, run: () => save(app) },
    { id: 'save-as', label: 'Save as…', icon: 'save', shortcut: 'Mod+Shift+S', disabled: noProject, run: () => app.saveAs() },
    { id: 'go-design', label: 'Go to Design', shortcut: 'Mod+1', disabled: noProject, run: () => app.navigate('design') },
    { id: 'go-run', label: 'Go to Run', shortcut: 'Mod+2', disabled: noProject, run: () => app.navigate('run') },
    { id: 'go-results', label: 'Go to Results', shortcut: 'Mod+3', disabled: noProject, run: () => app.navigate('results') },
    { id: 'go-compare', label: 'Go to Compare', shortcut: 'Mod+4', disabled: noProject, run: () => app.navigate('compare') },
    { id: 'duplicate', label: 'New study from this one', icon: 'plus', disabled: noProject, run: () => app.newStudyFromThis() },
    { id: 'check', label: 'Check this machine again', icon: 'again', run: () => app.machine.check() },
    { id: 'restore-clocks', label: 'Restore clocks now', icon: 'undo', run: () => restoreClocks(app) },
    { id: 'light', label: 'Light colours', icon: 'contrast', run: () => app.setTheme('light') },
    { id: 'dark', label: 'Dark colours', icon: 'contrast', run: () => app.setTheme('dark') },
    { id: 'system', label: 'Colours of the desktop', icon: 'contrast', run: () => app.setTheme('system') },
    { id: 'commands', label: 'Commands', icon: 'search', shortcut: 'Mod+K', run: () => void (app.paletteOpen = true) },
    { id: 'help', label: 'Help and keys', icon: 'help', shortcut: 'F1', run: () => void (app.helpOpen = true) },
    { id: 'help-key', label: 'Keys of this screen', icon: 'help', shortcut: '?', run: () => void (app.helpOpen = true) },
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

/** Gives back what Servescape has changed on the GPUs, and says so. */
async function restoreClocks(app: AppState): Promise<void> {
  const done = await app.client.call('hardware.restoreClocks', {});
  app.notices.toast(done.join(' '));
}
