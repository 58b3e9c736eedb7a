import { measurementSpecSchema } from '../../main/domain/study-spec.ts';
import type { Endpoint, LoadPlan } from '../../main/study/ports.ts';

/** Four requests in flight to the bundled digits' model. */
export function loadPlan(endpoints: readonly Endpoint[], changes: Partial<LoadPlan> = {}, count = 200): LoadPlan {
  return {
    endpoints,
    model: { workload: 'digits', transport: 'http', balancing: 'least-outstanding' },
    environment: { concurrency: 4, requestBatchSize: 1, inputs: 'unique', network: { delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 } },
    measurement: measurementSpecSchema.parse({ requests: { kind: 'fixed', count }, readyTimeoutMs: 1000 }),
    seed: 'study/1',
    ...changes,
  };
}
