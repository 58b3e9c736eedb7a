import { createRealHarness, SMALL } from '../serving/fixtures/local-harness.ts';
import { describeBackend, type BackendBench, type BackendTraits } from './backends.ts';

const traits: BackendTraits = {
  answersHttp: true,
  impossibleMemoryMb: 16,
  serving: { ...SMALL, cpuCores: 0.6, memoryMb: 400 },
  readyTimeoutMs: 60_000,
};

describeBackend('local', async () => benchOf(createRealHarness()), traits);
describeBackend('local, limits held by the server', async () => benchOf(createRealHarness({ groups: null })), traits);

function benchOf(harness: ReturnType<typeof createRealHarness>): BackendBench {
  return {
    backend: harness.backend,
    remains: async () => harness.remains(),
    killOneReplica: async () => {
      const [pid] = harness.processes();
      if (pid === undefined) throw new Error('no replica is running');
      process.kill(pid, 'SIGKILL');
    },
    dispose: () => harness.dispose(),
  };
}
