import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { linkPage } from '../../electron/ipc-connection.ts';
import { createPipe } from '../../electron/pipe.ts';
import { createClient, type Client } from '../../main/contract/client.ts';
import { connectInMemory, type Connection } from '../../main/contract/connection.ts';
import type { LeaveSignal, Services, StreamSink } from '../../main/contract/services.ts';
import type { StudyUpdate } from '../../main/contract/values.ts';
import { ServescapeError } from '../../main/domain/errors.ts';
import { mountServices } from '../../main/host/router.ts';
import { startWebHost } from '../../main/host/web/web-host.ts';
import { FakeMainIpc, FakePage } from '../electron/fake-electron.ts';
import { fakeServices } from '../host/fake-services.ts';

/** One page's end, and how the host's side of the link is torn down. */
interface Link {
  readonly page: Connection;
  readonly hostGoes: () => void;
  readonly pageGoes: () => void;
}
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const CONNECTIONS: Readonly<Record<string, (services: Services) => Promise<Link>>> = {
  'in memory': async (services) => {
    const [page, host] = connectInMemory();
    mountServices(services, host);
    return { page, hostGoes: () => host.close(), pageGoes: () => page.close() };
  },
  'Electron IPC (stand-in)': async (services) => {
    const main = new FakeMainIpc();
    const contents = new FakePage(main, 'servescape://app/index.html');
    const link = linkPage(main, contents, 'servescape://app');
    mountServices(services, link.connection);
    const pipe = createPipe(contents.ipc, () => '');
    return { page: { ...pipe, close: () => undefined }, hostGoes: () => link.connection.close(), pageGoes: () => link.pageGone() };
  },
  WebSocket: async (services) => {
    const rendererRoot = await mkdtemp(join(tmpdir(), 'servescape-page-'));
    await writeFile(join(rendererRoot, 'index.html'), '<!doctype html>');
    const host = await startWebHost({ services, rendererRoot, port: 0 });
    cleanups.push(() => rm(rendererRoot, { recursive: true }), () => host.close());
    const entered = await fetch(host.freshAddress(), { redirect: 'manual' });
    const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
    const origin = `http://127.0.0.1:${host.port}`;
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/connection`, { headers: { cookie, origin } });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const page: Connection = {
      send: (text) => socket.send(text),
      onMessage: (listener) => void socket.on('message', (data) => listener((data as Buffer).toString())),
      onClose: (listener) => void socket.on('close', () => listener()),
      close: () => socket.close(),
    };
    return { page, hostGoes: () => void host.close(), pageGoes: () => socket.terminate() };
  },
};

const study = { projectId: 'p', studyId: 's' };
const numbered = (seq: number): StudyUpdate => ({ kind: 'event', numbered: { seq, event: { kind: 'run-paused', at: '2026-01-01T00:00:00Z' } } });

describe.each(Object.entries(CONNECTIONS))('%s', (_name, connect) => {
  async function client(overrides: Partial<Services>): Promise<{ client: Client; link: Link }> {
    const link = await connect(fakeServices(overrides));
    return { client: createClient(link.page), link };
  }

  it('carries calls and their answers, each to its caller, whatever the order', async () => {
    const gate = Promise.withResolvers<void>();
    const { client: page } = await client({
      'recent.list': async () => {
        await gate.promise;
        return [{ path: 'slow' }] as never;
      },
      'recent.remove': async ({ path }) => [{ path }] as never,
    });
    const slow = page.call('recent.list', {});
    const quick = await Promise.all(['a', 'b', 'c'].map((path) => page.call('recent.remove', { path })));
    gate.resolve();
    expect(quick.map(([file]) => file!.path)).toEqual(['a', 'b', 'c']);
    expect((await slow)[0]!.path).toBe('slow');
  });

  it('carries text of any script and a megabyte whole', async () => {
    const { client: page } = await client({ 'dialog.save': async ({ suggestedName }) => suggestedName });
    const odd = 'µs – “Größe” 測試 \u2028 \u0000 🧪';
    expect(await page.call('dialog.save', { suggestedName: odd })).toBe(odd);
    const { client: large } = await client({ 'templates.list': async () => [{ text: 'x'.repeat(1_000_000) }] as never });
    expect((await large.call('templates.list', {}))[0]!.text).toHaveLength(1_000_000);
  });

  it('carries refusals with code and hint', async () => {
    const { client: page } = await client({ 'dialog.open': () => Promise.reject(new ServescapeError('unsupported', 'No dialogs here.', { hint: 'Type the path.' })) });
    await expect(page.call('dialog.open', {})).rejects.toMatchObject({ code: 'unsupported', details: { hint: 'Type the path.' } });
  });

  it('refuses what the schema refuses', async () => {
    const { client: page } = await client({});
    await expect(page.call('project.open', { path: '' })).rejects.toMatchObject({ code: 'bad-input', details: { field: 'path' } });
  });

  it('delivers a stream in order, without gaps, to its end', async () => {
    const { client: page } = await client({
      'study.watch': (_params, sink) => {
        for (let seq = 1; seq <= 1000; seq++) sink.item(numbered(seq));
        sink.end();
      },
    });
    const seen: number[] = [];
    await new Promise<void>((onEnd, onError) =>
      page.watch('study.watch', study, { onItem: (item) => seen.push(item.kind === 'event' ? item.numbered.seq : -1), onError, onEnd }),
    );
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  function watchedService() {
    const started = Promise.withResolvers<{ sink: StreamSink<StudyUpdate>; signal: LeaveSignal }>();
    return { started, service: { 'study.watch': (_p, sink, signal) => started.resolve({ sink, signal }) } satisfies Partial<Services> };
  }

  it('ends the stream at the host when the page stops watching; other calls go on', async () => {
    const { started, service } = watchedService();
    const { client: page } = await client(service);
    const stop = page.watch('study.watch', study, { onItem: () => undefined, onError: () => undefined });
    const { signal } = await started.promise;
    stop();
    await vi.waitFor(() => expect(signal.aborted).toBe(true));
    await expect(page.call('app.info', {})).resolves.toBeNull();
  });

  it('ends the stream at the host when the page goes', async () => {
    const { started, service } = watchedService();
    const { client: page, link } = await client(service);
    page.watch('study.watch', study, { onItem: () => undefined, onError: () => undefined });
    const { signal } = await started.promise;
    link.pageGoes();
    await vi.waitFor(() => expect(signal.aborted).toBe(true));
  });

  it('tells the page when the host goes: calls and streams fail, nothing hangs', async () => {
    const { started, service } = watchedService();
    const { client: page, link } = await client({ ...service, 'app.info': () => new Promise(() => undefined) });
    const call = page.call('app.info', {});
    const stream = new Promise((onError) => page.watch('study.watch', study, { onItem: () => undefined, onError }));
    await started.promise;
    link.hostGoes();
    await expect(call).rejects.toMatchObject({ code: 'connection-lost' });
    expect(await stream).toMatchObject({ code: 'connection-lost' });
    await expect(page.call('app.info', {})).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('is cut by a frame that is not the contract', async () => {
    const link = await connect(fakeServices());
    const closed = new Promise<void>((resolve) => link.page.onClose(resolve));
    link.page.send('{"kind":"sudo"}');
    await closed;
  });
});
