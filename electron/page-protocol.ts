import type { CustomScheme, Protocol } from 'electron';
import { PAGE_HEADERS } from '../main/host/web/page-policy.ts';
import { createStaticFiles } from '../main/host/web/static-files.ts';

/** The built page is served under an origin of its own, with the same policy as in a browser; never from file://. */
export const PAGE_ORIGIN = 'servescape://app';
export const PAGE_SCHEME: CustomScheme = {
  scheme: 'servescape', privileges: { standard: true, secure: true, supportFetchAPI: true },
};

export function servePage(protocol: Pick<Protocol, 'handle'>, rendererRoot: string): void {
  const files = createStaticFiles(rendererRoot);
  protocol.handle(PAGE_SCHEME.scheme, async ({ url, method }) => {
    const { host, pathname } = new URL(url);
    const file = host === 'app' && method === 'GET' ? await files.read(pathname) : null;
    if (file === null) return new Response('There is no such page.', { status: 404, headers: PAGE_HEADERS });
    return new Response(new Uint8Array(file.body), { headers: { ...PAGE_HEADERS, 'content-type': file.type } });
  });
}
