import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { createClient, type Client } from '../../../main/contract/client.ts';
import { CLOSED_CHANNEL, TEXT_CHANNEL } from '../../../electron/pipe.ts';
import { answers, app, BrowserWindow, nativeTheme, protocol, seen, type MenuItem } from './electron.ts';
import type { StudyUpdate } from '../../../main/contract/values.ts';

/**
 * The built main process, started as Electron starts it, used as a student would: prints what happened as one JSON line.
 * Arguments: the built main file, a project file to double-click later.
 */
const [mainFile, secondFile] = process.argv.splice(2, 2) as [string, string];
await import(pathToFileURL(mainFile).href);
while (BrowserWindow.all.length === 0) await new Promise((resolve) => setImmediate(resolve));
const window = BrowserWindow.all[0]!;
await once(window, 'ready-to-show');

function connectPage(): Client {
  const { webContents } = window;
  return createClient({
    send: (text) => webContents.fromPage(TEXT_CHANNEL, text),
    onMessage: (listener) => webContents.sent.on(TEXT_CHANNEL, listener),
    onClose: (listener) => webContents.sent.on(CLOSED_CHANNEL, listener),
    close: () => undefined,
  });
}
const menuItem = (id: string): MenuItem | undefined => seen.menus.at(-1)!.flatMap(({ submenu = [] }) => submenu).find((item) => item.id === id);
const fail = (error: unknown): never => {
  throw error;
};

const page = await protocol.handlers.get('servescape')!({ url: 'servescape://app/index.html', method: 'GET' });
const client = connectPage();
const info = await client.call('app.info', {});

// The menu: as the page says, and back to the page.
const chosen: string[] = [];
client.watch('shell.watch', {}, { onItem: ({ id }) => chosen.push(id), onError: fail });
await client.call('shell.offer', { commands: [{ id: 'pause', label: 'Continue', disabled: true }, { id: 'about', label: 'About Servescape', disabled: false }] });
const pause = menuItem('pause');
menuItem('about')!.click!();
await client.call('shell.zoom', { by: 1 });
await client.call('preferences.set', { theme: 'dark' });

// A study in virtual time, to its end, while the window is not in front.
const { projectId, studies } = await client.call('project.create', { template: 'simulated' });
const studyId = studies[0]!.id;
const { promise: ended, resolve: end } = Promise.withResolvers<void>();
const watching = (update: StudyUpdate): void => {
  if (update.kind === 'event' && update.numbered.event.kind === 'run-ended') end();
};
client.watch('study.watch', { projectId, studyId }, { onItem: watching, onError: fail });
const spec = (await client.call('templates.list', {})).find(({ id }) => id === 'simulated')!.spec;
await client.call('study.update', { projectId, studyId, spec: { ...spec, budget: { ...spec.budget, trials: 6 }, sampler: { kind: 'random' } } });
window.focused = false;
await client.call('study.start', { projectId, studyId });
await ended;
while (seen.notifications.length === 0) await new Promise((resolve) => setImmediate(resolve));

// A double click while the program is there; then the end, first refused, then with the draft kept.
app.emit('second-instance', {}, ['servescape', secondFile], '/');
answers.messageBox = [2];
window.pressClose();
while (seen.dialogs.length === 0) await new Promise((resolve) => setImmediate(resolve));
// The answer reaches the shell before the next attempt.
await new Promise((resolve) => setImmediate(resolve));
const exitAfterCancel = seen.exitCode;
answers.messageBox = [1];
app.quit();
if (seen.exitCode === null) await once(app, 'exit-asked');

process.stdout.write(`${JSON.stringify({
  page: { status: page.status, policy: page.headers.get('content-security-policy') }, options: window.options, visible: window.visible, info,
  pause: { label: pause?.label, enabled: pause?.enabled, accelerator: pause?.accelerator }, chosen, zoom: window.webContents.zoom, theme: nativeTheme.themeSource,
  exitAfterCancel, ...seen, menus: seen.menus.at(-1),
})}\n`);
process.exit(seen.exitCode ?? 99);
