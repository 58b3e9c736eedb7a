import type { CallName, ParamsOf, ResultOf, StreamName } from './methods.ts';

/** Where a stream's handler puts its items. After `end`, or after the signal has aborted, items are dropped. */
export interface StreamSink<Item> {
  item(item: Item): void;
  end(): void;
}

/** Answers a query or command; parameters have been validated. Throws ServescapeError to refuse. */
export type CallHandler<N extends CallName> = (params: ParamsOf<N>) => Promise<ResultOf<N>>;

/** The part of an AbortSignal a handler needs; both a browser's and Node's are one. */
export interface LeaveSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
}

/**
 * Feeds a stream. The signal aborts when the watcher leaves or the connection closes: the handler must then let go of
 * everything it holds. It may return at once and go on calling `sink`; the stream lasts until `sink.end` or the abort.
 */
export type StreamHandler<N extends StreamName> = (
  params: ParamsOf<N>,
  sink: StreamSink<ResultOf<N>>,
  signal: LeaveSignal,
) => Promise<void> | void;

/** One handler for every entry of METHODS: what the host offers, whatever the connection. */
export type Services = { readonly [N in CallName]: CallHandler<N> } & { readonly [N in StreamName]: StreamHandler<N> };
