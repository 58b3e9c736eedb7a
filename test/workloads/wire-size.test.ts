import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { WORKLOADS } from '../../main/domain/workload-facts.ts';
import { mean } from '../../main/domain/statistics.ts';
import { grpcPredictRequest } from '../../main/workloads/grpc-predict.ts';
import { openWorkload } from '../../main/workloads/workloads.ts';

const dataRoot = resolve(import.meta.dirname, '../../resources/data');

it.each([1, 8])('the sizes of requests that facts promise for digits are those of %i bundled items', async (requestBatchSize) => {
  const pool = (await openWorkload('digits', dataRoot)).encode({ requestBatchSize, inputs: 'unique', seed: 'sizes', count: 200 });
  const requests = Array.from({ length: pool.count }, (_, i) => i);
  const { http, grpc } = WORKLOADS.digits.wire!;
  const promised = ({ request }: typeof http): number => request.head + requestBatchSize * request.item;
  expect(mean(requests.map((i) => pool.bytes(i).length)) / promised(http)).toBeCloseTo(1, 1);
  expect(mean(requests.map((i) => grpcPredictRequest('digits', pool.tensors(i)).length)) / promised(grpc)).toBeCloseTo(1, 2);
});
