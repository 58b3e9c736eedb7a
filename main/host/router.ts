import type { z } from 'zod';
import { errorData, ServescapeError } from '../domain/errors.ts';
import { withColumns } from '../contract/columns.ts';
import type { Connection } from '../contract/connection.ts';
import { clientFrameSchema, MAX_FRAME_BYTES, type ClientFrame, type HostFrame } from '../contract/messages.ts';
import { METHODS, type MethodName } from '../contract/methods.ts';
import { parseOrRefuse } from '../contract/refusal.ts';
import type { Services, StreamSink } from '../contract/services.ts';

/** The host's end of a connection; a link that can tell how much is still unsent gets its streams held back. */
export interface HostConnection extends Connection {
  /** Bytes accepted by `send` and not yet passed on. */
  unsentBytes?(): number;
}

export interface MountOptions {
  /** Called with errors that are our own faults, for the log; refusals are not reported here. */
  readonly onFault?: (error: unknown, method: string) => void;
}

/** Live updates are left out above this; they are never stored and the next one replaces them. */
const SKIP_LIVE_ABOVE_BYTES = 1024 * 1024;
/** A page that has stopped reading is cut off above this; when it comes back it gets a fresh snapshot. */
const CUT_OFF_ABOVE_BYTES = 128 * 1024 * 1024;
const MAX_OPEN_PER_CONNECTION = 500;

type AnyHandler = (params: unknown, sink?: StreamSink<unknown>, signal?: AbortSignal) => unknown;

/** Answers every frame of `connection` with `services` until it closes. Nothing reaches a handler unvalidated. */
export function mountServices(services: Services, connection: HostConnection, options: MountOptions = {}): void {
  const open = new Map<number, AbortController>();
  let closed = false;

  const send = (frame: HostFrame): void => {
    if (closed) return;
    const unsent = connection.unsentBytes?.() ?? 0;
    if (unsent > SKIP_LIVE_ABOVE_BYTES && isLive(frame)) return;
    if (unsent > CUT_OFF_ABOVE_BYTES) return connection.close();
    connection.send(JSON.stringify(frame));
  };
  const refuse = (id: number, error: unknown, method: string): void => {
    const data = errorData(error);
    if (data.code === 'internal') options.onFault?.(error, method);
    send({ kind: 'error', id, error: { ...data, log: data.log && [...data.log] } });
  };

  connection.onClose(() => {
    closed = true;
    for (const controller of open.values()) controller.abort(new ServescapeError('connection-lost', 'The page was closed.'));
    open.clear();
  });
  connection.onMessage((text) => {
    const frame = readFrame(text);
    if (frame === null) return connection.close();
    if (frame.kind === 'unwatch') return unwatch(frame.id);
    try {
      if (open.has(frame.id)) throw new ServescapeError('conflict', `Number ${frame.id} is still in use.`);
      if (open.size >= MAX_OPEN_PER_CONNECTION) throw new ServescapeError('not-allowed', 'Too many questions at the same time.');
      const name = knownMethod(frame);
      const params = parseOrRefuse<z.ZodType>(METHODS[name].params, frame.params);
      void (frame.kind === 'call' ? answer(frame.id, name, params) : feed(frame.id, name, params));
    } catch (error) {
      refuse(frame.id, error, frame.method);
    }
  });

  async function answer(id: number, name: MethodName, params: unknown): Promise<void> {
    open.set(id, new AbortController());
    try {
      const result = await (services[name] as AnyHandler)(params);
      open.delete(id);
      send({ kind: 'result', id, result: result ?? null });
    } catch (error) {
      open.delete(id);
      refuse(id, error, name);
    }
  }

  async function feed(id: number, name: MethodName, params: unknown): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    open.set(id, controller);
    const sink: StreamSink<unknown> = {
      item: (item) => {
        if (signal.aborted) return;
        const { item: shorter, columns } = withColumns(item);
        send({ kind: 'item', id, item: shorter, ...(columns.length > 0 && { columns: columns.map((path) => [...path]) }) });
      },
      end: () => {
        if (signal.aborted) return;
        unwatch(id);
        send({ kind: 'end', id });
      },
    };
    try {
      await (services[name] as AnyHandler)(params, sink, signal);
    } catch (error) {
      if (signal.aborted) return;
      unwatch(id);
      refuse(id, error, name);
    }
  }

  function unwatch(id: number): void {
    const controller = open.get(id);
    open.delete(id);
    controller?.abort(new ServescapeError('aborted', 'The page stopped watching.'));
  }
}

/** Null: not our language, or too long to be read; the link is then cut. */
function readFrame(text: string): ClientFrame | null {
  if (text.length > MAX_FRAME_BYTES) return null;
  try {
    return clientFrameSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function knownMethod({ kind, method }: Exclude<ClientFrame, { kind: 'unwatch' }>): MethodName {
  if (!Object.hasOwn(METHODS, method)) throw new ServescapeError('not-found', `There is no “${method}” here.`);
  const name = method as MethodName;
  if ((METHODS[name].kind === 'stream') !== (kind === 'watch')) {
    throw new ServescapeError('bad-input', `“${method}” is a ${METHODS[name].kind}; it cannot be asked with a ${kind}.`);
  }
  return name;
}

function isLive(frame: HostFrame): boolean {
  return frame.kind === 'item' && (frame.item as { kind?: unknown } | null)?.kind === 'live';
}
