import { afterEach, describe, expect, it } from 'vitest';
import { networkSchema, type NetworkImpairment } from '../../../main/domain/study-spec.ts';
import { probeNetem } from '../../../main/serving/docker/netem.ts';
import { canBeShaped, netem, shapeCommands } from '../../../main/serving/docker/network-shaper.ts';
import { createDockerHarness, noEngine, onEngine, predict, SMALL, type DockerHarness, type HarnessOptions } from './docker-harness.ts';

const network = (changes: Partial<NetworkImpairment>): NetworkImpairment => networkSchema.parse(changes);

describe('what tc is asked for', () => {
  it('says delay, jitter and loss once for each direction, in order, without packets overtaking each other', () => {
    expect(shapeCommands(network({ delayMs: 10, jitterMs: 2.5, lossPercent: 1 }))).toEqual([
      'qdisc add dev ifb0 root handle 1: netem limit 100000 delay 10ms 2.5ms loss 1%',
      'qdisc add dev ifb0 parent 1:1 handle 10: pfifo limit 100000',
      'qdisc add dev eth0 root handle 1: netem limit 100000 delay 10ms 2.5ms loss 1%',
      'qdisc add dev eth0 parent 1:1 handle 10: pfifo limit 100000',
      'qdisc add dev eth0 handle ffff: ingress',
      'filter add dev eth0 parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ifb0',
    ]);
    expect(netem(network({ lossPercent: 0.5 }))).toBe('netem limit 100000 loss 0.5%');
    expect(netem(network({ jitterMs: 3 }))).toBe('netem limit 100000 delay 0ms 3ms');
  });

  it('leaves resets and a perfect network alone', () => {
    expect([network({}), network({ delayMs: 1, resetPercent: 1 }), network({ lossPercent: 1 })].map(canBeShaped)).toEqual([false, false, true]);
  });
});

describe.skipIf(noEngine !== null || process.platform !== 'linux')(onEngine('the kernel’s shaping'), () => {
  let harness: DockerHarness;
  afterEach(() => harness?.dispose());

  const deploy = (asked: Partial<NetworkImpairment>, options: HarnessOptions = {}): ReturnType<DockerHarness['backend']['deploy']> => {
    harness = createDockerHarness(options);
    return harness.backend.deploy({
      serving: SMALL, model: { workload: 'digits', transport: 'http', balancing: 'round-robin' }, network: network(asked), readyTimeoutMs: 60_000,
      labels: { project: harness.project, study: 'test', trial: 1 }, signal: new AbortController().signal, onReplica: () => undefined,
    });
  };

  it('is used where the kernel has netem, else left to the proxy with nothing left behind', async () => {
    const deployment = await deploy({ delayMs: 40 });
    const kernel = await probeNetem();
    expect(deployment.network).toEqual(kernel === 'there' ? { by: 'netem' } : undefined);
    const begunMs = performance.now();
    expect((await predict(deployment.endpoints[0]!)).status).toBe(200);
    if (kernel === 'there') expect(performance.now() - begunMs).toBeGreaterThan(79);
    expect((await harness.containers()).length).toBe(1);
  });

  it('holds bytes back both ways: the same commands with a discipline every kernel has (a rate of 1 Mbit/s) in netem’s place', async () => {
    const slow = await deploy({ delayMs: 1 }, { discipline: () => 'tbf rate 1mbit burst 3kb latency 2000ms' });
    expect(slow.network).toEqual({ by: 'netem' });
    // 3,136 numbers, about 9 KB: 50 ms and more at this rate, and nothing to speak of without.
    const timed = async (): Promise<number> => {
      const begunMs = performance.now();
      expect((await predict(slow.endpoints[0]!, 4)).status).toBe(200);
      return performance.now() - begunMs;
    };
    const first = await timed();
    expect(first).toBeGreaterThan(40);
    await slow.release({ reusable: true });
    const kept = await harness.backend.deploy({
      serving: { ...SMALL, cpuCores: 0.5 }, model: { workload: 'digits', transport: 'http', balancing: 'round-robin' }, network: network({ delayMs: 1 }), readyTimeoutMs: 60_000,
      labels: { project: harness.project, study: 'test', trial: 2 }, signal: new AbortController().signal, onReplica: () => undefined,
    });
    expect(kept.network).toEqual({ by: 'netem' });
    expect(await timed()).toBeGreaterThan(40);
    await harness.backend.close();
    expect(await harness.remains()).toEqual([]);
  });
});
