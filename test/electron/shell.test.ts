import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { hardenContents, hardenSession } from '../../electron/hardening.ts';
import { menuTemplate, type KeyPress } from '../../electron/menu.ts';
import { fileFromArguments, pageAddress } from '../../electron/opened-file.ts';
import { servePage } from '../../electron/page-protocol.ts';
import { guardQuit } from '../../electron/quit.ts';
import { placeWindow, readWindowState, writeWindowState } from '../../electron/window-state.ts';

describe('the menu', () => {
  function itemsOf(platform: NodeJS.Platform) {
    const pressed: KeyPress[] = [];
    const menus = menuTemplate(platform, (keys) => pressed.push(keys));
    const items = menus.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
    const click = (label: string): void => (items.find((item) => item.label === label)!.click as unknown as () => void)();
    return { items, pressed, click };
  }

  it('presses in the page the keys it shows', () => {
    const { click, pressed } = itemsOf('linux');
    click('Save as…');
    click('Pause or continue');
    expect(pressed).toEqual([{ keyCode: 'S', modifiers: ['control', 'shift'] }, { keyCode: 'Space', modifiers: [] }]);
  });

  it('uses ⌘ on macOS', () => {
    const { click, pressed } = itemsOf('darwin');
    click('Commands…');
    expect(pressed).toEqual([{ keyCode: 'K', modifiers: ['meta'] }]);
  });

  it('takes no key away from the page, and shows each key once', () => {
    const shown = itemsOf('linux').items.filter((item) => item.accelerator !== undefined);
    expect(shown.every((item) => item.registerAccelerator === false)).toBe(true);
    expect(new Set(shown.map((item) => item.accelerator)).size).toBe(shown.length);
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
  function shell(anyRunning: boolean, response: number) {
    const app = Object.assign(new EventEmitter(), { exit: vi.fn<(code: number) => void>() });
    const showMessageBox = vi.fn<(options: { defaultId: number; message: string }) => Promise<{ response: number }>>(async () => ({ response }));
    const close = vi.fn<() => Promise<void>>(async () => undefined);
    const guard = guardQuit({ app: app as never, dialog: { showMessageBox } as never, anyRunning: () => anyRunning, close });
    const quit = (): boolean => {
      let prevented = false;
      app.emit('before-quit', { preventDefault: () => (prevented = true) });
      return prevented;
    };
    return { app, showMessageBox, close, guard, quit };
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
});
