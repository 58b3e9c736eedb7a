import { describe } from 'vitest';
import { createDockerHarness, noEngine, onEngine, SMALL } from '../serving/docker/docker-harness.ts';
import { describeBackend, type BackendBench } from './backends.ts';

describe.skipIf(noEngine !== null)(onEngine('a real engine'), () => {
  describeBackend('docker', async () => bench(), {
    answersHttp: true, impossibleMemoryMb: 16, serving: { ...SMALL, memoryMb: 400 }, readyTimeoutMs: 60_000,
  });
});

function bench(): BackendBench {
  const harness = createDockerHarness();
  return {
    backend: harness.backend,
    remains: harness.remains,
    killOneReplica: async () => {
      const [first] = await harness.containers();
      if (first === undefined) throw new Error('no replica is running');
      await harness.docker.getContainer(first.Id).kill();
    },
    dispose: harness.dispose,
  };
}
