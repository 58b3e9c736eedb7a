import { BrowserWindow, ipcMain, nativeTheme, screen } from 'electron';
import { mountServices } from '../main/host/router.ts';
import type { Services } from '../main/contract/services.ts';
import { linkPage, type IpcLink } from './ipc-connection.ts';
import { PAGE_ORIGIN } from './page-protocol.ts';
import { LEAST, placeWindow, readWindowState, writeWindowState } from './window-state.ts';

export interface WindowOptions {
  readonly services: Services;
  readonly preload: string;
  readonly stateFile: string;
  readonly address: string;
  /** A fault of our own, for the log. */
  readonly onFault: (error: unknown, method: string) => void;
  /** Asked when the window is about to close: false keeps it, whoever said so brings it to an end. */
  readonly mayClose: () => boolean;
}

const TITLE_BAR_HEIGHT = 44;

export function openWindow({ services, preload, stateFile, address, onFault, mayClose }: WindowOptions): BrowserWindow {
  const state = readWindowState(stateFile);
  const place = placeWindow(state, screen.getAllDisplays().map(({ workArea }) => workArea));
  const window = new BrowserWindow({
    ...place, minWidth: LEAST.width, minHeight: LEAST.height, show: false, title: 'Servescape',
    titleBarStyle: 'hidden', titleBarOverlay: titleBarOverlay(), backgroundColor: titleBarOverlay().color, autoHideMenuBar: true,
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, spellcheck: false },
  });
  if (state?.maximised) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', (event) => {
    if (!mayClose()) event.preventDefault();
  });
  for (const change of ['resized', 'moved', 'maximize', 'unmaximize', 'close'] as const) {
    window.on(change as 'close', () => writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximised: window.isMaximized() }));
  }
  const recolour = (): void => {
    if (!window.isDestroyed() && process.platform !== 'darwin') window.setTitleBarOverlay(titleBarOverlay());
  };
  nativeTheme.on('updated', recolour);
  window.on('closed', () => nativeTheme.off('updated', recolour));
  keepLinked(window, services, onFault);
  void window.loadURL(address);
  return window;
}

/** A link per loaded page: a reload or a crash ends the old one and everything it watched. */
function keepLinked(window: BrowserWindow, services: Services, onFault: WindowOptions['onFault']): void {
  const { webContents } = window;
  let link: IpcLink | null = null;
  const drop = (): void => {
    link?.pageGone();
    link = null;
  };
  webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (!isMainFrame || isSameDocument) return;
    drop();
    link = linkPage(ipcMain, webContents, PAGE_ORIGIN);
    mountServices(services, link.connection, { onFault });
  });
  webContents.on('render-process-gone', drop);
  window.on('closed', drop);
}

function titleBarOverlay(): { color: string; symbolColor: string; height: number } {
  const dark = nativeTheme.shouldUseDarkColors;
  return { color: dark ? '#16181d' : '#ffffff', symbolColor: dark ? '#e6e8ee' : '#1d2129', height: TITLE_BAR_HEIGHT };
}
