import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { instanceOf } from './digits.ts';
import { DIGITS, MAIN, runToEnd, startServer } from './server-process.ts';
import { writeEchoModel } from './tiny-onnx.ts';

const folder = mkdtempSync(join(tmpdir(), 'servescape-process-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
const digits = ['--model_name=digits', `--model_base_path=${DIGITS}`];

describe('limits of its own', () => {
  it.skipIf(process.platform !== 'linux')('never uses more than 110 % of its CPU share under full load', async () => {
    const cores = 0.3;
    const server = await startServer([...digits, `--servescape_cpu_cores=${cores}`]);
    try {
      const facts = async (): Promise<{ periods: number; throttled: number }> => {
        const { text } = await server.get('/monitoring/prometheus/metrics');
        const read = (name: string): number => Number(new RegExp(`^:servescape:cpu:${name}\\{\\} (\\d+)$`, 'm').exec(text)?.[1]);
        return { periods: read('nr_periods'), throttled: read('nr_throttled') };
      };
      const cpuSeconds = (): number => processCpuSeconds(server.child.pid ?? 0);
      const start = { cpu: cpuSeconds(), facts: await facts(), at: performance.now() };
      const body = { instances: Array.from({ length: 8 }, (_, i) => instanceOf(i)) };
      const loop = async (): Promise<void> => {
        while (performance.now() - start.at < 4000) expect((await server.post('/v1/models/digits:predict', body)).status).toBe(200);
      };
      await Promise.all([loop(), loop()]);
      const end = { cpu: cpuSeconds(), facts: await facts(), at: performance.now() };
      // A crowded machine can only make the share smaller; the lower side is tested in virtual time.
      expect((end.cpu - start.cpu) / ((end.at - start.at) / 1000)).toBeLessThan(cores * 1.1);
      expect(end.facts.periods).toBeGreaterThan(start.facts.periods);
      expect(end.facts.throttled).toBeGreaterThan(start.facts.throttled);
    } finally {
      await server.stop();
    }
  });

  it('ends with 137 and one line when its memory limit is too small', async () => {
    const { code, log } = await runToEnd([...digits, '--servescape_memory_limit_mb=40']);
    expect(code).toBe(137);
    expect(log).toMatch(/^Out of memory: RSS \d+ MB exceeds the limit of 40 MB$/m);
  });
});

describe('end', () => {
  it('leaves no orphan when its parent is killed with no chance to clean up', async () => {
    const parent = spawn(process.execPath, ['-e', `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ${JSON.stringify([MAIN, ...digits, '--servescape_exit_with_parent'])}, { stdio: ['pipe', 'ignore', 'pipe'] });
      child.stderr.pipe(process.stdout);
    `], { stdio: ['ignore', 'pipe', 'inherit'] });
    let log = '';
    const port = await new Promise<number>((resolve) => {
      parent.stdout.on('data', (text: Buffer) => {
        log += text.toString();
        const found = /localhost:(\d+)/.exec(log)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    });
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    parent.kill('SIGKILL');
    await closed;
    await expect(fetch(`http://127.0.0.1:${port}/v1/models/digits`)).rejects.toThrowError();
  });

  it('ends at once on SIGTERM, even in the middle of a throttled load', async () => {
    const server = await startServer([...digits, '--servescape_cpu_cores=0.25']);
    const unanswered = expect(server.post('/v1/models/digits:predict', { instances: Array.from({ length: 128 }, (_, i) => instanceOf(i)) })).rejects.toThrowError();
    server.child.kill('SIGTERM');
    const [, signal] = await once(server.child, 'exit') as [number | null, string | null];
    expect(signal).toBe('SIGTERM');
    await unanswered;
  });
});

it('says in a sentence why a model cannot be served, and exits', async () => {
  const base = join(folder, 'broken');
  writeEchoModel(base, 1, [{ name: 'x', dtype: 'DT_FLOAT', shape: [-1] }]);
  writeFileSync(join(base, '1', 'model.onnx'), 'this is no model');
  const { code, log } = await runToEnd(['--model_name=m', `--model_base_path=${base}`, '--max_num_load_retries=0', '--tensorflow_session_parallelism=1']);
  expect(log).toMatch(/Failed to start server\. Error: .*model\.onnx/);
  expect(code).toBe(255);
});

/** Processor time of a process, all threads, user and system. Linux keeps it in clock ticks of 10 ms. */
function processCpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
