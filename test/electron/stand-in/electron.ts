import { EventEmitter } from 'node:events';

/**
 * Stands in for the module `electron` in a main process without the binary: the parts the shell uses, with Electron's
 * order of events. What was asked of the desktop is kept in `seen`. `stand-in.test.ts` checks the names against Electron's
 * own type declarations.
 */
export const seen = {
  menus: [] as MenuItem[][], notifications: [] as { title: string; body: string }[], progress: [] as number[], blockers: [] as string[],
  dialogs: [] as { message: string; buttons: string[] }[], loaded: [] as string[], recentDocuments: [] as string[], exitCode: null as number | null, flashed: 0,
};
/** What the user will answer to the next questions; the last answer is repeated. */
export const answers = { messageBox: [0], save: '', open: '' };

export interface MenuItem {
  readonly id?: string;
  readonly label?: string;
  readonly role?: string;
  readonly enabled?: boolean;
  readonly accelerator?: string;
  readonly submenu?: MenuItem[];
  readonly click?: () => void;
}

class App extends EventEmitter {
  readonly isPackaged = false;
  #quitting = false;
  enableSandbox(): void {}
  requestSingleInstanceLock(): boolean {
    return true;
  }
  whenReady(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
  getPath(name: string): string {
    return `${process.env['SERVESCAPE_DATA']}/electron-${name}`;
  }
  addRecentDocument(path: string): void {
    seen.recentDocuments.push(path);
  }
  /** before-quit first; a prevented one keeps the program. */
  quit(): void {
    if (this.#quitting) return;
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => (prevented = true) });
    if (prevented) return;
    this.#quitting = true;
    this.exit(0);
  }
  exit(code: number): void {
    seen.exitCode = code;
    this.emit('exit-asked');
  }
}
export const app = new App();

type Handler = (request: { url: string; method: string }) => Promise<Response>;
class Protocol {
  readonly handlers = new Map<string, Handler>();
  registerSchemesAsPrivileged(): void {}
  handle(scheme: string, handler: Handler): void {
    this.handlers.set(scheme, handler);
  }
}
export const protocol = new Protocol();
export const session = {
  defaultSession: { protocol, webRequest: { onBeforeRequest: () => undefined }, setPermissionRequestHandler: () => undefined, setPermissionCheckHandler: () => undefined, setDevicePermissionHandler: () => undefined },
};

export const ipcMain = new EventEmitter();

class WebContents extends EventEmitter {
  /** What the main process has sent to the page. */
  readonly sent = new EventEmitter();
  zoom = 0;
  #url = '';
  get url(): string {
    return this.#url;
  }
  setWindowOpenHandler(): void {}
  getZoomLevel(): number {
    return this.zoom;
  }
  setZoomLevel(level: number): void {
    this.zoom = level;
  }
  isDestroyed(): boolean {
    return false;
  }
  send(channel: string, ...args: unknown[]): void {
    const copies = structuredClone(args);
    setImmediate(() => this.sent.emit(channel, ...copies));
  }
  /** The page speaks: arguments are copied, delivery is asynchronous, the sender and its frame come along. */
  fromPage(channel: string, argument: unknown): void {
    const copy: unknown = structuredClone(argument);
    setImmediate(() => ipcMain.emit(channel, { sender: this, senderFrame: { url: this.#url, parent: null } }, copy));
  }
  navigate(url: string): void {
    const [page] = url.split('#');
    const isSameDocument = this.#url.split('#')[0] === page;
    this.#url = url;
    this.emit('did-start-navigation', { isMainFrame: true, isSameDocument, url });
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.all[0] ?? null;
  }
  readonly webContents = new WebContents();
  readonly options: Record<string, unknown>;
  focused = true;
  visible = false;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url: string): Promise<void> {
    seen.loaded.push(url);
    this.webContents.navigate(url);
    setImmediate(() => this.emit('ready-to-show'));
  }
  /** As a click on the system's close button. */
  pressClose(): void {
    this.emit('close', { preventDefault: () => undefined });
  }
  show(): void {
    this.visible = true;
  }
  focus(): void {
    this.focused = true;
  }
  isFocused(): boolean {
    return this.focused;
  }
  isMinimized(): boolean {
    return false;
  }
  restore(): void {}
  isMaximized(): boolean {
    return false;
  }
  maximize(): void {}
  isDestroyed(): boolean {
    return false;
  }
  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    return { x: 10, y: 20, width: 1280, height: 800 };
  }
  setTitleBarOverlay(): void {}
  setProgressBar(progress: number): void {
    seen.progress.push(progress);
  }
  flashFrame(): void {
    seen.flashed++;
  }
}

export const dialog = {
  showMessageBox: async (options: { message: string; buttons: string[] }) => {
    seen.dialogs.push(options);
    return { response: answers.messageBox.length > 1 ? answers.messageBox.shift()! : answers.messageBox[0]! };
  },
  showOpenDialog: async () => ({ canceled: answers.open === '', filePaths: [answers.open] }),
  showSaveDialog: async () => ({ canceled: answers.save === '', filePath: answers.save }),
  showErrorBox: (title: string, text: string) => {
    throw new Error(`${title}: ${text}`);
  },
};

export const Menu = {
  buildFromTemplate: (template: MenuItem[]): MenuItem[] => template,
  setApplicationMenu: (menu: MenuItem[]): void => void seen.menus.push(menu),
};
class NativeTheme extends EventEmitter {
  themeSource = 'system';
  readonly shouldUseDarkColors = false;
}
export const nativeTheme = new NativeTheme();
export class Notification extends EventEmitter {
  readonly #options: { title: string; body: string };
  constructor(options: { title: string; body: string }) {
    super();
    this.#options = options;
  }
  show(): void {
    seen.notifications.push(this.#options);
  }
}
export const powerSaveBlocker = {
  start: (type: string): number => seen.blockers.push(`start ${type}`),
  stop: (id: number): void => void seen.blockers.push(`stop ${id}`),
};
export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] };
export const shell = { openPath: async () => '', showItemInFolder: () => undefined };
