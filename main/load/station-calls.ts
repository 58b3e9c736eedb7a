import type { Duplex } from 'node:stream';
import { ServescapeError } from '../domain/errors.ts';
import { withTrips } from '../domain/round-trips.ts';
import type { LoadResult, LoadTick } from '../study/ports.ts';
import { frameReader, toFrame } from './message-frames.ts';
import type { FromStation, ToStation } from './station-messages.ts';

interface Call {
  onTick: (tick: LoadTick) => void;
  readonly resolve: (value: LoadResult | number | null) => void;
  readonly reject: (error: unknown) => void;
}

/** The calls to one load generator elsewhere, over its stream. */
export interface StationCalls {
  call<Value extends LoadResult | number | null>(make: (call: number) => ToStation, onTick?: (tick: LoadTick) => void): Promise<Value>;
  abort(): void;
  /** Once the stream is gone no call is answered any more. */
  isLost(): boolean;
  /** Ends the load generator; whoever waits for an answer gets the error. */
  end(error: Error): Promise<void>;
}

export function createStationCalls(stream: Duplex): StationCalls {
  const calls = new Map<number, Call>();
  let made = 0;
  let lost: unknown = null;
  const gone = Promise.withResolvers<void>();
  const lose = (error: unknown): void => {
    lost ??= error;
    calls.forEach((call) => call.reject(lost));
    calls.clear();
  };
  const send = (message: ToStation): void => void (stream.destroyed || stream.write(toFrame(message)));
  const hear = (message: FromStation): void => {
    const call = calls.get(message.call);
    if (call === undefined) return;
    if (message.kind === 'tick') {
      try {
        return call.onTick(message.tick);
      } catch (error) {
        call.onTick = () => undefined;
        // Once it has stopped over there, so that the next run finds nobody busy.
        calls.set(message.call, { ...call, resolve: () => call.reject(error), reject: () => call.reject(error) });
        return send({ kind: 'abort' });
      }
    }
    calls.delete(message.call);
    if (message.kind === 'answer') return call.resolve(message.value);
    const error = ServescapeError.fromData(message.error);
    call.reject(message.trips === null ? error : withTrips(error, message.trips));
  };
  const read = frameReader((message) => hear(message as FromStation));
  stream.on('data', (piece: Buffer) => {
    try {
      read(piece);
    } catch (cause) {
      stream.destroy(new ServescapeError('connection-lost', 'What the load generator beside the replicas sends cannot be read.', { cause, hint: 'The next trial starts a fresh one.' }));
    }
  });
  stream.on('error', lose).on('close', () => {
    lose(new ServescapeError('connection-lost', 'The connection to the load generator beside the replicas was lost.', { hint: 'The next trial starts a fresh one.' }));
    gone.resolve();
  });

  return {
    call: (make, onTick = () => undefined) => new Promise((resolve, reject) => {
      if (lost !== null) return reject(lost as Error);
      const call = ++made;
      calls.set(call, { onTick, resolve: resolve as Call['resolve'], reject });
      send(make(call));
    }),
    abort: () => send({ kind: 'abort' }),
    isLost: () => lost !== null,
    end: (error) => {
      lose(error);
      stream.destroy();
      return gone.promise;
    },
  };
}
