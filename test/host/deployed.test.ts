import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openProgram, type Program } from '../../main/host/cli/program.ts';
import { followStudy } from '../../main/host/cli/follow-study.ts';
import { studySpecSchema } from '../../main/domain/study-spec.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';
import type { Deployed } from '../../main/contract/deployed-methods.ts';

/** Real replicas of the bundled server, kept up after a real trial. */
const example: unknown = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../resources/examples/mnist-digits.json'), 'utf8'));
const digits = studySpecSchema.parse(example);
const spec = studySpecSchema.parse({
  ...digits, space: [{ kind: 'integer', name: 'replicas', low: 2, high: 2 }], fixed: { cpuCores: 0.4, memoryMb: 200 },
  sampler: { kind: 'random' }, budget: { trials: 1 }, measurement: { ...digits.measurement, requests: { kind: 'fixed', count: 60 } },
});

let program: Program;
beforeEach(async () => {
  vi.stubEnv('SERVESCAPE_DATA', temporaryFolder());
  program = await openProgram(new URL('../../main/host/cli.ts', import.meta.url).href);
});
afterEach(async () => {
  await program.close();
  vi.unstubAllEnvs();
});

it.runIf(process.platform === 'linux')('keeps the best configuration up, replaces a killed replica, lets no study run beside it', async () => {
  const { client } = program;
  const { projectId, studies } = await client.call('project.create', { template: 'mnist' });
  const ids = { projectId, studyId: studies[0]!.id };
  await expect(client.call('deployed.start', { ...ids, trial: null })).rejects.toMatchObject({ code: 'not-found' });
  await client.call('study.update', { ...ids, spec });
  const run = await followStudy(client, ids);
  await client.call('study.start', ids);
  await expect(client.call('deployed.start', { ...ids, trial: 1 })).rejects.toMatchObject({ code: 'conflict' });
  expect((await run.ended).incumbent).toBe(1);
  await expect(client.call('deployed.start', { ...ids, trial: 7 })).rejects.toMatchObject({ code: 'bad-input' });

  let latest: Deployed | null = null;
  const leave = client.watch('deployed.watch', {}, { onItem: (deployed) => (latest = deployed), onError: () => undefined });
  const now = (): Deployed | null => latest;
  await client.call('deployed.start', { ...ids, trial: null });
  await expect.poll(() => now()?.state, { timeout: 60_000 }).toBe('serving');
  await expect.poll(() => now()!.replicas.map(({ answered }) => answered), { timeout: 60_000 }).toEqual([true, true]);
  const first = now()!.replicas[0]!.address;
  const status = await fetch(`http://${first}${now()!.predictPath.replace(':predict', '')}`);
  expect(await status.text()).toContain('AVAILABLE');
  await expect(client.call('study.step', ids)).rejects.toMatchObject({ code: 'conflict' });
  await expect(client.call('study.tryConfiguration', { ...ids, configuration: { replicas: 2 } })).rejects.toMatchObject({ code: 'conflict' });

  process.kill(processAt(first), 'SIGKILL');
  await expect.poll(() => now()?.restarts, { timeout: 60_000 }).toBe(1);
  await expect.poll(() => now()?.state, { timeout: 60_000 }).toBe('serving');
  expect(now()!.fault!.message).toContain('Replica 1');
  const addresses = now()!.replicas.map(({ address }) => address);
  await client.call('deployed.stop', {});
  expect(now()).toBeNull();
  for (const address of addresses) await expect(fetch(`http://${address}/`)).rejects.toThrowError();
  leave();
});

/** The process that listens on a loopback port. */
function processAt(address: string): number {
  const port = address.split(':').at(-1)!;
  const { stdout } = spawnSync('ss', ['-ltnpH', `sport = :${port}`], { encoding: 'utf8' });
  return Number(/pid=(\d+)/.exec(stdout)![1]);
}
