import { request } from 'node:http';
import type { Endpoint } from '../study/ports.ts';
import { METRICS_PATH } from './batching-file.ts';

const PAGE_BYTES_MAX = 4_000_000;

interface Page {
  readonly status: number;
  readonly text: string;
}

/** One GET on its own connection, so that nothing stays open on a server about to be ended. */
function getPage(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<Page> {
  return new Promise((resolve, reject) => {
    const call = request({ host: endpoint.host, port: endpoint.port, path, agent: false, signal }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > PAGE_BYTES_MAX) call.destroy(new Error(`${path} is longer than ${PAGE_BYTES_MAX} bytes`));
        else chunks.push(chunk);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

export type ModelState =
  | { readonly kind: 'available' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'unusable'; readonly reason: string };

interface StatusAnswer {
  readonly model_version_status?: readonly {
    readonly state?: string;
    readonly status?: { readonly error_code?: string; readonly error_message?: string };
  }[];
}

/** What `GET /v1/models/NAME` says. No connection and no sense both mean: not yet. Only an abort rejects. */
export async function readModelState(endpoint: Endpoint, modelName: string, signal: AbortSignal): Promise<ModelState> {
  try {
    const page = await getPage(endpoint, `/v1/models/${encodeURIComponent(modelName)}`, signal);
    const versions = (JSON.parse(page.text) as StatusAnswer).model_version_status ?? [];
    if (versions.some(({ state }) => state === 'AVAILABLE')) return { kind: 'available' };
    const ended = versions.find(({ state, status }) => state === 'END' && (status?.error_message ?? '') !== '');
    if (ended !== undefined) return { kind: 'unusable', reason: ended.status?.error_message ?? '' };
  } catch {
    signal.throwIfAborted();
  }
  return { kind: 'loading' };
}

/** The server's Prometheus page, or null when it cannot be had in time: observing must never fail a trial. */
export async function readMetricsPage(endpoint: Endpoint, timeoutMs: number): Promise<string | null> {
  try {
    const page = await getPage(endpoint, METRICS_PATH, AbortSignal.timeout(timeoutMs));
    return page.status === 200 ? page.text : null;
  } catch {
    return null;
  }
}
