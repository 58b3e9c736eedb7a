import { createSimulatedLab } from '../../main/serving/simulated/simulated-lab.ts';
import { createRealHarness, SMALL } from '../serving/fixtures/local-harness.ts';
import { describeBackend, type BackendBench, type BackendTraits } from './backends.ts';

const traits: BackendTraits = {
  answersHttp: true,
  impossibleMemoryMb: 16,
  serving: { ...SMALL, cpuCores: 0.6, memoryMb: 400 },
  readyTimeoutMs: 60_000,
};

describeBackend('local', async () => benchOf(createRealHarness()), traits);
describeBackend('local, replicas reused', async () => benchOf(createRealHarness({ reuse: true })), traits);
describeBackend('local, limits held by the server', async () => benchOf(createRealHarness({ groups: null })), traits);
describeBackend('simulated', async () => simulatedBench(), { ...traits, answersHttp: false });

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

function simulatedBench(): BackendBench {
  const { backend } = createSimulatedLab({ appVersion: 'test' });
  return {
    backend,
    remains: async () => backend.running().map((port) => `simulated replica ${port}`),
    killOneReplica: async () => {
      const [port] = backend.running();
      if (port === undefined) throw new Error('no replica is running');
      backend.killReplica(port);
    },
    dispose: () => backend.close(),
  };
}
