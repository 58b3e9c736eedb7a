import type { App, Session, WebContents } from 'electron';
import { PAGE_ORIGIN } from './page-protocol.ts';

/** No page may leave our origin, open windows, embed others or get a permission. */
export function hardenApp(app: App): void {
  app.enableSandbox();
  app.on('web-contents-created', (_event, contents) => hardenContents(contents));
}

/**
 * Links to the outside: there are none in the page, so the list of those that may be opened is empty and every one is refused.
 * One that is to be opened needs its address here and `shell.openExternal` behind it.
 */
export function hardenContents(contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  for (const leaving of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'] as const) {
    contents.on(leaving as 'will-navigate', (event) => event.preventDefault());
  }
}

/** Only writing to the clipboard is granted, for "Copy configuration". Nothing is fetched from anywhere but the program itself. */
export function hardenSession(session: Session): void {
  const isGranted = (permission: string): boolean => permission === 'clipboard-sanitized-write';
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(isGranted(permission)));
  session.setPermissionCheckHandler((_contents, permission) => isGranted(permission));
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isOwnContent(url) }));
}

/** The page itself, what it made (pictures of charts), and the developer tools. */
export function isOwnContent(url: string): boolean {
  return url.startsWith(`${PAGE_ORIGIN}/`) || url.startsWith(`blob:${PAGE_ORIGIN}/`) || url.startsWith('data:image/') || url.startsWith('devtools:');
}
