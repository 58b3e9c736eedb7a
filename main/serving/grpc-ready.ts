import { connect } from 'node:http2';
import type { Endpoint } from '../study/ports.ts';

const PATH = '/tensorflow.serving.ModelService/GetModelStatus';
const TIMEOUT_MS = 2000;

/**
 * Whether the gRPC side of a server answers for a model: GetModelStatus ends with status 0. A port that takes connections says
 * nothing: where Docker publishes ports its own proxy takes them before there is a server.
 */
export async function answersGrpc({ host, port, grpcPort = port }: Endpoint, model: string, signal: AbortSignal): Promise<boolean> {
  const session = connect(`http://${host.includes(':') ? `[${host}]` : host}:${grpcPort}`);
  try {
    return await new Promise<boolean>((resolve) => {
      const no = (): void => resolve(false);
      AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]).addEventListener('abort', no, { once: true });
      session.on('error', no).on('close', no);
      const call = session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', te: 'trailers' });
      const judge = (headers: Readonly<Record<string, unknown>>): void => {
        if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status'] === '0');
      };
      call.on('error', no).on('close', no).on('response', judge).on('trailers', judge).resume();
      call.end(statusRequest(model));
    });
  } finally {
    session.destroy();
  }
}

/** GetModelStatusRequest { model_spec = 1: ModelSpec { name = 1 } } with gRPC's five bytes before it. Names are below 120 bytes. */
function statusRequest(model: string): Buffer {
  const name = Buffer.from(model);
  const message = Buffer.concat([Buffer.from([0x0a, name.length + 2, 0x0a, name.length]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
