import { servingConfiguration } from '../domain/serving-configuration.ts';
import type { ServingBackend } from '../study/ports.ts';

const READY_TIMEOUT_MS = 30_000;

/** One replica with the usual settings, started and ended again: proof that a backend works, and how long it takes. */
export async function startOnce(backend: ServingBackend): Promise<{ readonly seconds: number; readonly enforcement: string }> {
  const begunMs = performance.now();
  const deployment = await backend.deploy({
    serving: servingConfiguration({ fixed: {} }, {}),
    model: { workload: 'digits', transport: 'http', balancing: 'least-outstanding' },
    readyTimeoutMs: READY_TIMEOUT_MS,
    labels: { project: 'preflight', study: 'preflight', trial: 0 },
    signal: AbortSignal.timeout(READY_TIMEOUT_MS * 2),
    onReplica: () => undefined,
  });
  const seconds = (performance.now() - begunMs) / 1000;
  await deployment.release({ reusable: false });
  return { seconds, enforcement: deployment.enforcement };
}
