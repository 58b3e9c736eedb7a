import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { hardenContents, hardenSession } from '../../electron/hardening.ts';
import { followActivity } from '../../electron/desktop-activity.ts';
import { menuTemplate } from '../../electron/menu.ts';
import { fileFromArguments, pageAddress } from '../../electron/opened-file.ts';
import { servePage } from '../../electron/page-protocol.ts';
import { guardQuit } from '../../electron/quit.ts';
import { lookForUpdates } from '../../electron/updates.ts';
import { COMMANDS } from '../../main/contract/command-table.ts';
import { preferencesSchema, type Preferences } from '../../main/contract/preferences.ts';
import type { OfferedCommand } from '../../main/contract/shell-methods.ts';
import { placeWindow, readWindowState, writeWindowState } from '../../electron/window-state.ts';

describe('the menu', () => {
  function menuOf(platform: NodeJS.Platform, offered: readonly OfferedCommand[] = []) {
    const chosen: string[] = [];
    const opened: string[] = [];
    const menus = menuTemplate({
      platform, offered: new Map(offered.map((one) => [one.id, one])), recent: [{ name: 'salt & pepper', path: '/a.servescape' }],
      choose: (id) => chosen.push(id), open: (path) => opened.push(path),
    });
    const items = menus.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
    const click = (id: string): void => (items.find((item) => item.id === id)!.click as unknown as () => void)();
    return { menus, items, chosen, opened, click };
  }

  it('holds every command of the table once, on every system', () => {
    const wanted = COMMANDS.filter(({ menu }) => menu !== null).map(({ id }) => id).toSorted();
    for (const platform of ['linux', 'win32', 'darwin'] as const) {
      expect(menuOf(platform).items.flatMap(({ id }) => id ?? []).toSorted(), platform).toEqual(wanted);
    }
  });

  it('sends the command’s name, whether it has a key or not', () => {
    const { click, chosen } = menuOf('linux');
    click('save-as');
    click('about');
    expect(chosen).toEqual(['save-as', 'about']);
  });

  it('shows how the page’s commands stand', () => {
    const { items } = menuOf('linux', [{ id: 'pause', label: 'Continue', disabled: true }]);
    expect(items.find(({ id }) => id === 'pause')).toMatchObject({ label: 'Continue', enabled: false, accelerator: 'Space' });
    expect(items.find(({ id }) => id === 'open')).toMatchObject({ enabled: true, accelerator: 'CmdOrCtrl+O' });
  });

  it('takes no key away from the page, and shows each key once; on macOS no plain one', () => {
    const shown = menuOf('linux').items.filter(({ accelerator }) => accelerator !== undefined);
    expect(shown.every(({ registerAccelerator }) => registerAccelerator === false)).toBe(true);
    expect(new Set(shown.map(({ accelerator }) => accelerator)).size).toBe(shown.length);
    expect(menuOf('darwin').items.find(({ id }) => id === 'select-best')).not.toHaveProperty('accelerator');
  });

  it('opens recent files', () => {
    const { items, opened } = menuOf('linux');
    const recent = items.find(({ label }) => label === 'Open recent')!.submenu as { label: string; click: () => void }[];
    expect(recent[0]!.label).toBe('salt && pepper');
    recent[0]!.click();
    expect(opened).toEqual(['/a.servescape']);
  });
});

describe('a run on the desktop', () => {
  function desktop(preferences: Partial<Preferences> = {}) {
    const done: string[] = [];
    const window = {
      isFocused: () => false, setProgressBar: (progress: number, { mode }: { mode: string } = { mode: '' }) => done.push(`progress ${progress} ${mode}`),
      flashFrame: () => done.push('flash'), show: () => done.push('show'), focus: () => done.push('focus'),
    };
    const follow = followActivity({
      powerSaveBlocker: { start: () => done.push('awake'), stop: () => void done.push('may sleep') }, window: () => window as never,
      preferences: () => preferencesSchema.parse(preferences), notify: (title, body, onClick) => { done.push(`${title}: ${body}`); onClick(); },
    });
    return { follow, done };
  }

  it('is awake while it measures, not while it is paused', () => {
    const { follow, done } = desktop();
    follow({ state: 'measuring', progress: 0, ended: null });
    follow({ state: 'measuring', progress: 0.5, ended: null });
    follow({ state: 'paused', progress: 0.5, ended: null });
    expect(done).toEqual(['awake', 'progress 0 normal', 'progress 0.5 normal', 'may sleep', 'progress 0.5 paused']);
  });

  it('is silent at its end when told so', () => {
    const { follow, done } = desktop({ notifyAtEnd: false, keepAwake: false });
    follow({ state: 'measuring', progress: 0, ended: null });
    follow({ state: 'idle', progress: 1, ended: { title: 'Lab', text: 'Study ended.' } });
    expect(done).toEqual(['progress 0 normal', 'progress -1 normal', 'flash']);
  });

  it('brings the window back when the notification is pressed', () => {
    const { follow, done } = desktop();
    follow({ state: 'idle', progress: 1, ended: { title: 'Lab', text: 'Study ended.' } });
    expect(done.slice(1)).toEqual(['flash', 'Lab: Study ended.', 'show', 'focus']);
  });
});

describe('looking for updates', () => {
  const look = vi.fn(async () => undefined);
  const options = (updates: Preferences['updates'], resourcesPath: string) =>
    ({ isPackaged: true, resourcesPath, preferences: () => preferencesSchema.parse({ updates }), look, onFault: () => undefined });

  it('asks nobody unless it is switched on, in a package with a channel', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'servescape-updates-'));
    expect(await lookForUpdates(options('stable', folder))).toBe(false);
    await writeFile(join(folder, 'app-update.yml'), 'provider: generic');
    expect(await lookForUpdates(options('off', folder))).toBe(false);
    expect(look).not.toHaveBeenCalled();
    expect(await lookForUpdates(options('stable', folder))).toBe(true);
    expect(look).toHaveBeenCalledOnce();
    await rm(folder, { recursive: true });
  });
});

describe('the window', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 };

  it('comes back where it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'servescape-window-'));
    const path = join(folder, 'deep', 'window.json');
    const state = { bounds: { x: 100, y: 50, width: 1400, height: 900 }, maximised: false };
    writeWindowState(path, state);
    expect(placeWindow(readWindowState(path), [screen])).toEqual(state.bounds);
    await rm(folder, { recursive: true });
  });

  it('does not open on a screen that is no longer there', () => {
    const state = { bounds: { x: 3000, y: 50, width: 1400, height: 900 }, maximised: false };
    expect(placeWindow(state, [screen])).toEqual({ width: 1400, height: 900 });
  });

  it('starts with the usual size when its note is missing or damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'servescape-window-'));
    const path = join(folder, 'window.json');
    expect(readWindowState(path)).toBeNull();
    await writeFile(path, '{"bounds": 7');
    expect(placeWindow(readWindowState(path), [screen])).toEqual({ width: 1280, height: 800 });
    await rm(folder, { recursive: true });
  });
});

describe('a double click on a file', () => {
  it('is found among the arguments', () => {
    expect(fileFromArguments(['/opt/servescape', '--flag', 'lab 1.servescape'], '/home/me')).toBe('/home/me/lab 1.servescape');
    expect(fileFromArguments(['/opt/servescape', '/a/b.ServeScape'], '/')).toBe('/a/b.ServeScape');
    expect(fileFromArguments(['/opt/x.servescape', '.', '--type=y.servescape'], '/')).toBeNull();
  });

  it('reaches the page behind #open=, whatever the name', () => {
    expect(pageAddress(null)).toBe('servescape://app/index.html');
    expect(decodeURIComponent(new URL(pageAddress('/a/50 % & #1.servescape')).hash)).toBe('#open=/a/50 % & #1.servescape');
  });
});

describe('hardening', () => {
  it('lets no page leave, open windows or embed others', () => {
    const events = new EventEmitter();
    let onOpen: (() => { action: string }) | null = null;
    hardenContents({
      on: events.on.bind(events) as never,
      setWindowOpenHandler: (handler) => void (onOpen = handler as never),
    });
    expect(onOpen!()).toEqual({ action: 'deny' });
    for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      const preventDefault = vi.fn<() => void>();
      events.emit(name, { preventDefault });
      expect(preventDefault, name).toHaveBeenCalledOnce();
    }
  });

  it('grants nothing but writing to the clipboard', () => {
    const asked: Record<string, (...args: never[]) => unknown> = {};
    hardenSession({
      setPermissionRequestHandler: (handler: never) => void (asked['request'] = handler),
      setPermissionCheckHandler: (handler: never) => void (asked['check'] = handler),
      setDevicePermissionHandler: (handler: never) => void (asked['device'] = handler),
      webRequest: { onBeforeRequest: () => undefined },
    } as never);
    const answers = ['media', 'geolocation', 'openExternal', 'clipboard-read', 'clipboard-sanitized-write'].map((permission) => {
      const answer = vi.fn<(granted: boolean) => void>();
      asked['request']!(null as never, permission as never, answer as never);
      expect(asked['check']!(null as never, permission as never)).toBe(answer.mock.calls[0]![0]);
      return answer.mock.calls[0]![0];
    });
    expect(answers).toEqual([false, false, false, false, true]);
    expect(asked['device']!()).toBe(false);
  });

  it('fetches nothing from anywhere but the program itself', () => {
    let judge: (details: { url: string }, answer: (verdict: { cancel: boolean }) => void) => void = () => undefined;
    const nothing = (): void => undefined;
    hardenSession({
      setPermissionRequestHandler: nothing, setPermissionCheckHandler: nothing, setDevicePermissionHandler: nothing,
      webRequest: { onBeforeRequest: (given: never) => void (judge = given) },
    } as never);
    const isCancelled = (url: string): boolean => {
      let cancelled = false;
      judge({ url }, ({ cancel }) => (cancelled = cancel));
      return cancelled;
    };
    for (const url of ['servescape://app/index.html', 'blob:servescape://app/1', 'data:image/png;base64,']) expect([url, isCancelled(url)]).toEqual([url, false]);
    for (const url of ['https://evil.example/', 'http://127.0.0.1:80/', 'file:///etc/passwd', 'ws://127.0.0.1/', 'servescape://application/', 'data:text/html,x']) {
      expect([url, isCancelled(url)]).toEqual([url, true]);
    }
  });

  it('makes its window without Node, in a sandbox, apart from the page', async () => {
    const source = await readFile(new URL('../../electron/window.ts', import.meta.url), 'utf8');
    for (const setting of ['sandbox: true', 'contextIsolation: true', 'nodeIntegration: false', 'webviewTag: false']) expect(source).toContain(setting);
    expect(source).not.toMatch(/webSecurity: false|allowRunningInsecureContent|experimentalFeatures|nodeIntegrationInWorker: true|nodeIntegrationInSubFrames: true/);
  });

  it('serves the page with the policy of the web host, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'servescape-page-'));
    await writeFile(join(folder, 'index.html'), '<!doctype html>');
    let handler: (request: { url: string; method: string }) => Promise<Response> = () => Promise.reject(new Error('not set'));
    servePage({ handle: (_scheme, given) => void (handler = given as never) }, folder);
    const page = await handler({ url: 'servescape://app/index.html#open=x', method: 'GET' });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    for (const url of ['servescape://app/../../etc/passwd', 'servescape://other/index.html', 'servescape://app/none']) {
      expect((await handler({ url, method: 'GET' })).status).toBe(404);
    }
    await rm(folder, { recursive: true });
  });
});

describe('quitting', () => {
  function shell(anyRunning: boolean, response: number, drafts: { projectId: string; name: string }[] = [], saved = true) {
    const saveDraft = vi.fn<(draft: { name: string }) => Promise<boolean>>(async () => saved);
    const app = Object.assign(new EventEmitter(), { exit: vi.fn<(code: number) => void>() });
    const showMessageBox = vi.fn<(options: { defaultId: number; message: string }) => Promise<{ response: number }>>(async () => ({ response }));
    const close = vi.fn<() => Promise<void>>(async () => undefined);
    const guard = guardQuit({ app: app as never, dialog: { showMessageBox } as never, anyRunning: () => anyRunning, drafts: () => drafts, saveDraft, close });
    const quit = (): boolean => {
      let prevented = false;
      app.emit('before-quit', { preventDefault: () => (prevented = true) });
      return prevented;
    };
    return { app, showMessageBox, saveDraft, close, guard, quit };
  }

  it('closes everything before the process goes, without a question when nothing runs', async () => {
    const { app, showMessageBox, close, quit } = shell(false, 0);
    expect(quit()).toBe(true);
    expect(quit()).toBe(true);
    await vi.waitFor(() => expect(app.exit).toHaveBeenCalledExactlyOnceWith(0));
    expect(close).toHaveBeenCalledOnce();
    expect(showMessageBox).not.toHaveBeenCalled();
    expect(quit()).toBe(false);
  });

  it('asks while a study runs; the safe answer is the usual one and keeps it running', async () => {
    const { app, showMessageBox, close, guard, quit } = shell(true, 0);
    quit();
    await vi.waitFor(() => expect(showMessageBox).toHaveBeenCalledOnce());
    expect(showMessageBox.mock.calls[0]![0]).toMatchObject({ defaultId: 0, message: 'A study is still running.' });
    await Promise.resolve();
    expect(close).not.toHaveBeenCalled();
    expect(app.exit).not.toHaveBeenCalled();
    expect(guard.decided()).toBe(false);
  });

  it('stops and goes when told so', async () => {
    const { app, close, quit } = shell(true, 1);
    quit();
    await vi.waitFor(() => expect(app.exit).toHaveBeenCalledOnce());
    expect(close).toHaveBeenCalledOnce();
  });

  const draft = { projectId: 'p1', name: 'Digits' };
  it.each([['saved first', 0, true, true], ['not saved after all', 0, false, false], ['kept as a draft', 1, true, true], ['gone on with', 2, true, false]] as const)('asks about a draft: %s', async (_name, response, saved, goes) => {
    const { app, showMessageBox, saveDraft, guard, quit } = shell(false, response, [draft], saved);
    quit();
    await vi.waitFor(() => expect(showMessageBox).toHaveBeenCalledOnce());
    expect(showMessageBox.mock.calls[0]![0].message).toBe('“Digits” has no file of its own yet.');
    if (goes) await vi.waitFor(() => expect(app.exit).toHaveBeenCalledOnce());
    else await vi.waitFor(() => expect(quit()).toBe(true));
    expect(saveDraft).toHaveBeenCalledTimes(response === 0 ? 1 : 0);
    expect(guard.decided()).toBe(goes);
  });
});
