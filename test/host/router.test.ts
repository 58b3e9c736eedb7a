import { describe, expect, it, vi } from 'vitest';
import { connectInMemory } from '../../main/contract/connection.ts';
import { createClient } from '../../main/contract/client.ts';
import type { HostFrame } from '../../main/contract/messages.ts';
import type { StudyUpdate } from '../../main/contract/values.ts';
import type { StreamSink } from '../../main/contract/services.ts';
import { ServescapeError } from '../../main/domain/errors.ts';
import { mountServices, type HostConnection } from '../../main/host/router.ts';
import { fakeServices } from './fake-services.ts';

const study = { projectId: 'p', studyId: 's' };
const live: StudyUpdate = { kind: 'live', run: { secondsLeft: 1, secondsGone: 2, activity: 'trial', largestExpectedGain: null }, trial: null };

function connect(services = fakeServices(), onFault?: (error: unknown, method: string) => void) {
  const [page, host] = connectInMemory();
  mountServices(services, host, onFault ? { onFault } : {});
  return { client: createClient(page), page, host };
}

/** Speaks raw frames, as a page that does not keep to the contract would. */
function rawPage(services = fakeServices()) {
  const [page, host] = connectInMemory();
  mountServices(services, host);
  const frames: HostFrame[] = [];
  page.onMessage((text) => frames.push(JSON.parse(text) as HostFrame));
  return { page, frames };
}

describe('calls', () => {
  it('answers with the result of the handler', async () => {
    const { client } = connect(fakeServices({ 'app.info': async () => ({ version: '9.9.9' }) as never }));
    await expect(client.call('app.info', {})).resolves.toEqual({ version: '9.9.9' });
  });

  it('hands the handler validated parameters only', async () => {
    const handler = vi.fn(async () => null);
    const { client } = connect(fakeServices({ 'study.stop': handler }));
    const refusal = client.call('study.stop', { ...study, when: 'later' as never });
    await expect(refusal).rejects.toMatchObject({ code: 'bad-input', details: { field: 'when', value: 'later', accepted: 'now or after-trial' } });
    expect(handler).not.toHaveBeenCalled();
  });

  it('carries a refusal across as data, with code, hint and log', async () => {
    const error = new ServescapeError('model-missing', 'The model is gone.', { hint: 'Bring it back.', log: ['no such file'] });
    const { client } = connect(fakeServices({ 'templates.list': () => Promise.reject(error) }));
    await expect(client.call('templates.list', {})).rejects.toMatchObject({
      code: 'model-missing', message: 'The model is gone.', details: { hint: 'Bring it back.', log: ['no such file'] },
    });
  });

  it('reports our own faults, and only those', async () => {
    const onFault = vi.fn<(error: unknown, method: string) => void>();
    const fault = new TypeError('x is not a function');
    const { client } = connect(
      fakeServices({ 'recent.list': () => Promise.reject(fault), 'dialog.open': () => Promise.reject(new ServescapeError('unsupported', 'No.')) }),
      onFault,
    );
    await expect(client.call('recent.list', {})).rejects.toMatchObject({ code: 'internal' });
    await expect(client.call('dialog.open', {})).rejects.toMatchObject({ code: 'unsupported' });
    expect(onFault.mock.calls).toEqual([[fault, 'recent.list']]);
  });

  it.each(['constructor', '__proto__', 'app.nothing'])('does not know “%s”', async (method) => {
    const { client } = connect();
    await expect(client.call(method as 'app.info', {})).rejects.toMatchObject({ code: 'not-found' });
  });

  it('does not answer a stream that is called, nor a call that is watched', async () => {
    const { client } = connect();
    await expect(client.call('study.watch' as never, study as never)).rejects.toMatchObject({ code: 'bad-input' });
    const error = await new Promise((onError) => client.watch('app.info' as never, {} as never, { onItem: () => undefined, onError }));
    expect(error).toMatchObject({ code: 'bad-input' });
  });
});

describe('frames outside the contract', () => {
  it.each(['', 'null', '{"kind":"call"}', '{"kind":"call","id":-1,"method":"app.info","params":{}}', '[1', '{"kind":"sudo","id":1}'])(
    'cuts the link at %j', async (text) => {
      const { page } = rawPage();
      const closed = new Promise<void>((resolve) => page.onClose(resolve));
      page.send(text);
      await closed;
    },
  );

  it('refuses a number that is still in use', async () => {
    const { page, frames } = rawPage(fakeServices({ 'app.info': () => new Promise(() => undefined) }));
    const call = JSON.stringify({ kind: 'call', id: 7, method: 'app.info', params: {} });
    page.send(call);
    page.send(call);
    await vi.waitFor(() => expect(frames).toMatchObject([{ kind: 'error', id: 7, error: { code: 'conflict' } }]));
  });

  it('has an end to how much one page may ask at once', async () => {
    const { page, frames } = rawPage(fakeServices({ 'app.info': () => new Promise(() => undefined) }));
    for (let id = 0; id <= 500; id++) page.send(JSON.stringify({ kind: 'call', id, method: 'app.info', params: {} }));
    await vi.waitFor(() => expect(frames).toMatchObject([{ kind: 'error', id: 500, error: { code: 'not-allowed' } }]));
  });
});

describe('streams', () => {
  function watched() {
    const seen = { sink: null as StreamSink<StudyUpdate> | null, signal: null as AbortSignal | null };
    const services = fakeServices({
      'study.watch': (_params, sink, signal) => {
        Object.assign(seen, { sink, signal });
      },
    });
    return { seen, services };
  }

  it('delivers items in order and then the end', async () => {
    const { seen, services } = watched();
    const { client } = connect(services);
    const items: unknown[] = [];
    const ended = new Promise<void>((onEnd, onError) => client.watch('study.watch', study, { onItem: (item) => items.push(item), onError, onEnd }));
    await vi.waitFor(() => expect(seen.sink).not.toBeNull());
    seen.sink!.item(live);
    seen.sink!.item({ ...live, trial: null });
    seen.sink!.end();
    seen.sink!.item(live);
    await ended;
    expect(items).toHaveLength(2);
  });

  it('tells the handler when the page stops watching, and drops what comes after', async () => {
    const { seen, services } = watched();
    const { client } = connect(services);
    const items: unknown[] = [];
    const stop = client.watch('study.watch', study, { onItem: (item) => items.push(item), onError: () => undefined });
    await vi.waitFor(() => expect(seen.signal).not.toBeNull());
    stop();
    await vi.waitFor(() => expect(seen.signal!.aborted).toBe(true));
    seen.sink!.item(live);
    await client.call('app.info', {});
    expect(items).toEqual([]);
  });

  it('tells the handler when the link closes', async () => {
    const { seen, services } = watched();
    const { client } = connect(services);
    client.watch('study.watch', study, { onItem: () => undefined, onError: () => undefined });
    await vi.waitFor(() => expect(seen.signal).not.toBeNull());
    client.close();
    await vi.waitFor(() => expect(seen.signal!.aborted).toBe(true));
  });

  it('turns a throwing handler into an error', async () => {
    const { client } = connect(fakeServices({ 'study.watch': () => Promise.reject(new ServescapeError('not-found', 'No such study.')) }));
    const error = await new Promise((onError) => client.watch('study.watch', study, { onItem: () => undefined, onError }));
    expect(error).toMatchObject({ code: 'not-found' });
  });

  it('leaves live updates out for a page that reads slowly, never events; cuts off one that has stopped reading', async () => {
    const { seen, services } = watched();
    const sent: HostFrame[] = [];
    let unsent = 0;
    let receive: (text: string) => void = () => undefined;
    const close = vi.fn<() => void>();
    const slow: HostConnection = {
      send: (text) => void sent.push(JSON.parse(text) as HostFrame),
      onMessage: (listener) => void (receive = listener),
      onClose: () => undefined,
      close,
      unsentBytes: () => unsent,
    };
    mountServices(services, slow);
    receive(JSON.stringify({ kind: 'watch', id: 1, method: 'study.watch', params: study }));
    await vi.waitFor(() => expect(seen.sink).not.toBeNull());
    const event = { kind: 'event', numbered: { seq: 1, event: { kind: 'run-paused', at: '2026-01-01T00:00:00Z' } } } as const;
    unsent = 2 * 1024 * 1024;
    seen.sink!.item(live);
    seen.sink!.item(event);
    expect(sent).toEqual([{ kind: 'item', id: 1, item: event }]);
    expect(close).not.toHaveBeenCalled();
    unsent = 200 * 1024 * 1024;
    seen.sink!.item(event);
    expect(sent).toHaveLength(1);
    expect(close).toHaveBeenCalledOnce();
  });
});

it('answers nothing after the link has closed', async () => {
  let finish: (value: never) => void = () => undefined;
  const { client, page } = connect(fakeServices({ 'app.info': () => new Promise((resolve) => (finish = resolve)) }));
  const call = client.call('app.info', {});
  page.close();
  await expect(call).rejects.toMatchObject({ code: 'connection-lost' });
  finish({} as never);
});

