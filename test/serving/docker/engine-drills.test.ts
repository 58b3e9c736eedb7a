import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drill } from './drill.ts';
import { createPrivateEngine, noPrivateEngine, type PrivateEngine } from './private-engine.ts';

const title = noPrivateEngine === null ? 'drills with an engine of their own' : `drills with an engine of their own [skipped: ${noPrivateEngine}]`;

describe.skipIf(noPrivateEngine !== null)(title, () => {
  let engine: PrivateEngine;
  beforeAll(async () => {
    engine = await createPrivateEngine(48);
    await engine.start();
  });
  afterAll(() => engine?.dispose());

  it('a full disk; once there is room the study goes on', async () => {
    const { trials } = await drill({
      address: engine.address, docker: engine.docker,
      beforeTrial: (trial) => (trial === 2 ? engine.resizeDisk(800) : undefined),
    });
    expect(trials[0]!.failure).toMatchObject({ code: 'disk-full', hint: expect.stringContaining('docker system df') });
    expect(trials[1]!.state, JSON.stringify(trials[1]!.failure)).toBe('complete');
  });

  it('an engine that is stopped in the middle of a trial and comes back', async () => {
    const { trials, remains } = await drill({
      address: engine.address, docker: engine.docker,
      duringLoad: () => engine.stop(),
      beforeTrial: async (trial) => {
        if (trial === 2) await engine.start();
      },
    });
    expect(trials[0]!.failure).toMatchObject({ code: 'engine-lost' });
    expect(trials[1]!.state, JSON.stringify(trials[1]!.failure)).toBe('complete');
    expect(remains).toEqual([]);
  });

  it('a user who may not open the socket', async () => {
    const { options } = engine.address;
    const ask = spawn(process.execPath, ['-e', `require('net').connect(${JSON.stringify(options.socketPath)}).on('error', (e) => { console.log(JSON.stringify({ code: e.code, address: e.address })); })`], { uid: 65534, gid: 65534, stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = await once(ask.stdout, 'data');
    const { dockerFailure } = await import('../../../main/serving/docker/docker-errors.ts');
    const refusal = Object.assign(new Error('connect EACCES'), JSON.parse(String(text)) as { code: string; address: string });
    expect(dockerFailure(refusal, { doing: 'start replica 1' })).toMatchObject({ code: 'not-allowed', message: expect.stringContaining(options.socketPath!) });
  });
});
