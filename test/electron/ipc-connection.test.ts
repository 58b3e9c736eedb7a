import { describe, expect, it, vi } from 'vitest';
import { linkPage } from '../../electron/ipc-connection.ts';
import { createPipe, TEXT_CHANNEL } from '../../electron/pipe.ts';
import { FakeMainIpc, FakePage } from './fake-electron.ts';

const ORIGIN = 'servescape://app';

function linked() {
  const main = new FakeMainIpc();
  const page = new FakePage(main, `${ORIGIN}/index.html`);
  const link = linkPage(main, page, ORIGIN);
  const received: string[] = [];
  link.connection.onMessage((text) => received.push(text));
  return { main, page, link, received };
}

/** After this, everything sent so far has arrived. */
async function settled(page: FakePage, received: string[]): Promise<void> {
  page.ipc.send(TEXT_CHANNEL, 'last');
  await vi.waitFor(() => expect(received.at(-1)).toBe('last'));
}

describe('who is listened to', () => {
  it('its own page, in order', async () => {
    const { page, received } = linked();
    for (const text of ['a', 'b', 'c']) page.ipc.send(TEXT_CHANNEL, text);
    await settled(page, received);
    expect(received).toEqual(['a', 'b', 'c', 'last']);
  });

  it('no other page of the same program', async () => {
    const { main, page, received } = linked();
    new FakePage(main, `${ORIGIN}/index.html`).ipc.send(TEXT_CHANNEL, 'from another window');
    await settled(page, received);
    expect(received).toEqual(['last']);
  });

  it.each([
    ['a frame inside the page', { url: `${ORIGIN}/index.html`, parent: {} }],
    ['a page of another origin', { url: 'https://evil.example/', parent: null }],
    ['an origin that only begins like ours', { url: 'servescape://app.evil.example/', parent: null }],
    ['a frame that is gone', null],
  ])('not %s', async (_what, frame) => {
    const { page, received } = linked();
    page.sendFrom(frame, TEXT_CHANNEL, 'let me in');
    await settled(page, received);
    expect(received).toEqual(['last']);
  });

  it('ends the link when something else than text comes', async () => {
    const { page, link, received } = linked();
    const closed = new Promise<void>((resolve) => link.connection.onClose(resolve));
    page.sendFrom({ url: page.url, parent: null }, TEXT_CHANNEL, { kind: 'call' });
    await closed;
    expect(received).toEqual([]);
  });
});

describe('the end', () => {
  it('lets go of every listener when the page is gone, and sends nothing more', () => {
    const { main, page, link } = linked();
    const onClose = vi.fn<() => void>();
    link.connection.onClose(onClose);
    page.destroy();
    link.pageGone();
    link.pageGone();
    link.connection.send('to nobody');
    expect(onClose).toHaveBeenCalledOnce();
    expect(main.listenerCount(TEXT_CHANNEL)).toBe(0);
  });

  it('tells the page when the host closes', async () => {
    const { page, link } = linked();
    const pipe = createPipe(page.ipc, () => '');
    const closed = new Promise<void>((resolve) => pipe.onClose(resolve));
    link.connection.close();
    await closed;
  });
});

it('the page gets text and nothing of Electron', async () => {
  const { page, link } = linked();
  const pipe = createPipe(page.ipc, () => '/home/me/a.servescape');
  const seen: unknown[][] = [];
  pipe.onMessage((...args: unknown[]) => seen.push(args));
  link.connection.send('hello');
  await vi.waitFor(() => expect(seen).toEqual([['hello']]));
  expect(Object.keys(pipe).toSorted()).toEqual(['onClose', 'onMessage', 'pathOf', 'send']);
});
