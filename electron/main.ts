import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, dialog, Menu, nativeTheme, Notification, powerSaveBlocker, protocol, session, shell } from 'electron';
import { createApp } from '../main/compose.ts';
import type { Services } from '../main/contract/services.ts';
import type { OfferedCommand } from '../main/contract/shell-methods.ts';
import { placesBeside } from '../main/host/places.ts';
import { followActivity } from './desktop-activity.ts';
import { hardenApp, hardenSession } from './hardening.ts';
import { menuTemplate } from './menu.ts';
import { fileFromArguments, pageAddress } from './opened-file.ts';
import { PAGE_SCHEME, servePage } from './page-protocol.ts';
import { projectDialogs } from './project-dialogs.ts';
import { guardQuit } from './quit.ts';
import { createShell } from './shell.ts';
import { lookForUpdates } from './updates.ts';
import { openWindow } from './window.ts';

hardenApp(app);
protocol.registerSchemesAsPrivileged([PAGE_SCHEME]);
let wantedFile = fileFromArguments(process.argv, process.cwd());
let window: BrowserWindow | null = null;

if (!app.requestSingleInstanceLock()) app.quit();
else {
  app.on('second-instance', (_event, argv, workingFolder) => show(fileFromArguments(argv, workingFolder)));
  app.on('open-file', (event, path) => {
    event.preventDefault();
    show(path);
  });
  void app.whenReady().then(startUp).catch(giveUp);
}

async function startUp(): Promise<void> {
  const places = placesBeside(import.meta.url);
  const dialogs = projectDialogs(dialog, () => window);
  let offered: ReadonlyMap<string, OfferedCommand> = new Map();
  let recent: readonly { name: string; path: string }[] = [];
  const desktop = createShell({
    openPath: (path) => shell.openPath(path), showItemInFolder: (path) => shell.showItemInFolder(path), zoomOf: () => window?.webContents ?? null,
    onOffer: (commands) => {
      offered = new Map(commands.map((command) => [command.id, command]));
      showMenu();
    },
  });
  const showMenu = (): void =>
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate({ platform: process.platform, offered, recent, choose: desktop.choose, open: show })));

  const host = createApp({
    ...places, host: 'electron', dialogs, shell: desktop,
    onActivity: (activity) => tellDesktop(activity),
  });
  const tellDesktop = followActivity({
    powerSaveBlocker, preferences: host.preferences, window: () => window,
    notify: (title, body, onClick) => new Notification({ title, body }).on('click', onClick).show(),
  });
  await host.start();
  const refreshRecent = async (): Promise<void> => {
    recent = (await host.services['recent.list']({})).filter(({ found }) => found);
    showMenu();
  };
  const services = withDesktop(host.services, refreshRecent);
  nativeTheme.themeSource = host.preferences().theme;
  const quit = guardQuit({
    app, dialog, anyRunning: host.anyRunning, drafts: host.drafts, close: () => host.close(),
    saveDraft: async ({ projectId, name }) => {
      const path = await dialogs.save(`${name}.servescape`);
      if (path !== null) await services['project.saveAs']({ projectId, path });
      return path !== null;
    },
  });
  hardenSession(session.defaultSession);
  servePage(session.defaultSession.protocol, places.rendererRoot);
  await refreshRecent();
  window = openWindow({
    services, onFault: host.onFault,
    preload: fileURLToPath(new URL('../preload/preload.cjs', import.meta.url)),
    stateFile: join(app.getPath('userData'), 'window.json'),
    address: pageAddress(wantedFile),
    // One window: closing it is quitting, and that may be refused while a study runs.
    mayClose: () => {
      if (!quit.decided()) app.quit();
      return quit.decided();
    },
  });
  void lookForUpdates({
    isPackaged: app.isPackaged, resourcesPath: process.resourcesPath, preferences: host.preferences, onFault: (error) => host.onFault(error, 'updates'),
    look: async () => (await import('electron-updater')).default.autoUpdater.checkForUpdatesAndNotify(),
  });
}

/** Brings the window to the front and has the page open `file`; before there is a window it waits for it. */
function show(file: string | null): void {
  if (window === null) {
    wantedFile = file ?? wantedFile;
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
  if (file !== null) void window.loadURL(pageAddress(file));
}

/** Services that also tell the desktop: its colours, and its list of recent documents. */
function withDesktop(services: Services, refreshRecent: () => Promise<void>): Services {
  const opened = async <Info extends { readonly path: string }>(info: Promise<Info>): Promise<Info> => {
    app.addRecentDocument((await info).path);
    await refreshRecent();
    return info;
  };
  return {
    ...services,
    'preferences.set': async (patch) => {
      if (patch.theme !== undefined) nativeTheme.themeSource = patch.theme;
      return services['preferences.set'](patch);
    },
    'project.open': (params) => opened(services['project.open'](params)),
    'project.saveAs': (params) => opened(services['project.saveAs'](params)),
  };
}

function giveUp(error: unknown): void {
  dialog.showErrorBox('Servescape could not start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}
