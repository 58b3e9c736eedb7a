import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, dialog, Menu, nativeTheme, protocol, session } from 'electron';
import { createApp } from '../main/compose.ts';
import type { Services } from '../main/contract/services.ts';
import { placesBeside } from '../main/host/places.ts';
import { hardenApp, hardenSession } from './hardening.ts';
import { menuTemplate } from './menu.ts';
import { fileFromArguments, pageAddress } from './opened-file.ts';
import { PAGE_SCHEME, servePage } from './page-protocol.ts';
import { projectDialogs } from './project-dialogs.ts';
import { guardQuit } from './quit.ts';
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
  const host = createApp({ ...places, host: 'electron', dialogs });
  await host.start();
  const services = withNativeTheme(host.services);
  nativeTheme.themeSource = (await services['app.info']({})).theme;
  const quit = guardQuit({ app, dialog, anyRunning: host.anyRunning, close: () => host.close() });
  hardenSession(session.defaultSession);
  servePage(session.defaultSession.protocol, places.rendererRoot);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, pressInPage)));
  window = openWindow({
    services,
    preload: fileURLToPath(new URL('../preload/preload.cjs', import.meta.url)),
    stateFile: join(app.getPath('userData'), 'window.json'),
    address: pageAddress(wantedFile),
    // One window: closing it is quitting, and that may be refused while a study runs.
    mayClose: () => {
      if (!quit.decided()) app.quit();
      return quit.decided();
    },
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

function pressInPage({ keyCode, modifiers }: { keyCode: string; modifiers: readonly ('control' | 'meta' | 'shift')[] }): void {
  const contents = BrowserWindow.getFocusedWindow()?.webContents;
  for (const type of ['keyDown', 'keyUp'] as const) contents?.sendInputEvent({ type, keyCode, modifiers: [...modifiers] });
}

function withNativeTheme(services: Services): Services {
  return {
    ...services,
    'app.setTheme': async (params) => {
      nativeTheme.themeSource = params.theme;
      return services['app.setTheme'](params);
    },
  };
}

function giveUp(error: unknown): void {
  dialog.showErrorBox('Servescape could not start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}
