import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { createImageRoom } from '../../../main/serving/docker/images.ts';
import { loadPlan } from '../../load/load-plan.ts';
import { loadBeside } from './load-beside.ts';
import { createDockerHarness, imageSource, noEngine, onEngine, predict, type DockerHarness } from './docker-harness.ts';

const { Server, utils } = ssh2;
/** How long the machine behind ssh takes to open a connection. */
const FAR_MS = 60;
const SOCKET = '/var/run/docker.sock';
const hasCommandLine = ((): boolean => {
  try {
    execFileSync('docker', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** This machine's engine as if it were elsewhere: folders cannot be mounted, only what is published or led through can be reached. */
describe.skipIf(noEngine !== null || process.platform !== 'linux')(onEngine('an engine elsewhere'), () => {
  let harness: DockerHarness | null = null;
  const closers: (() => void)[] = [];
  afterEach(async () => {
    await harness?.dispose();
    harness = null;
    closers.splice(0).forEach((close) => close());
  });

  async function overTcp(): Promise<EngineAddress> {
    const server = createServer((socket) => {
      const engine = connect(SOCKET);
      socket.pipe(engine).pipe(socket);
      for (const end of [socket, engine]) end.on('error', () => [socket, engine].forEach((each) => each.destroy()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    return { options: { protocol: 'http', host: '127.0.0.1', port: (server.address() as AddressInfo).port }, isLocal: false, words: 'a TCP address' };
  }

  /** What sshd does for `docker -H ssh://`: runs "docker system dial-stdio", and leads connections to its loopback. */
  async function overSsh(key: 'its own' | 'a stranger’s' = 'its own'): Promise<EngineAddress> {
    const [host, user, stranger] = [1, 2, 3].map(() => utils.generateKeyPairSync('ed25519'));
    const known = utils.parseKey(user!.public);
    if (known instanceof Error) throw known;
    const server = new Server({ hostKeys: [host!.private] }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (attempt) => (attempt.method === 'publickey' && attempt.key.data.equals(known.getPublicSSH()) ? attempt.accept() : attempt.reject(['publickey'])));
      client.on('session', (accept) => accept().on('exec', (acceptExec, reject, { command }) => {
        if (command !== 'docker system dial-stdio') return reject();
        const channel = acceptExec();
        const program = spawn('docker', ['system', 'dial-stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
        program.stdin.on('error', () => undefined);
        channel.on('close', () => program.kill()).pipe(program.stdin);
        program.stdout.pipe(channel);
      }));
      client.on('tcpip', (accept, _reject, { destIP, destPort }) => void setTimeout(() => {
        const target = connect(destPort, destIP);
        const channel = accept();
        target.on('error', () => channel.close());
        channel.on('error', () => target.destroy()).pipe(target).pipe(channel);
      }, FAR_MS));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const options = { protocol: 'ssh', host: '127.0.0.1', port, username: 'tester', sshOptions: { privateKey: key === 'its own' ? user!.private : stranger!.private } };
    return { options: options as unknown as EngineAddress['options'], isLocal: false, words: 'ssh://tester@lab' };
  }

  it('over TCP: replicas answer at its address, which is said', async () => {
    harness = createDockerHarness({ address: await overTcp() });
    const { endpoints: [endpoint], enforcement } = await harness.deploy();
    expect((await predict(endpoint!)).status).toBe(200);
    expect(enforcement).toContain('requests over ports published on 127.0.0.1, open to its network');
    await harness.backend.close();
    expect(await harness.remains()).toEqual([]);
  });

  it.skipIf(!hasCommandLine)('behind ssh: replicas publish on its loopback only, are reached through the connection, and may get their load from there', async () => {
    const address = await overSsh();
    const beside = loadBeside(() => address);
    harness = createDockerHarness({ address });
    const deployment = await harness.deploy();
    await deployment.beginObservation();
    expect((await predict(deployment.endpoints[0]!)).status).toBe(200);
    const { replicas: [seen] } = await deployment.observe();
    expect(seen!.memoryMb).toBeGreaterThan(10);
    expect(deployment.enforcement).toContain('led here through ssh');
    const { Ports } = (await harness.containers())[0]!;
    expect(Ports.map(({ IP }) => IP)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(Ports.map(({ PublicPort }) => PublicPort)).not.toContain(deployment.endpoints[0]!.port);
    // A connection to the port here is taken here: how far it is only the connection through ssh tells.
    expect(await deployment.networkMs!()).toBeGreaterThanOrEqual(FAR_MS - 2);
    expect(await beside.networkMs!(deployment.endpointsBeside!)).toBeLessThan(FAR_MS);
    const { trips, beside: from } = await beside.run(loadPlan(deployment.endpointsBeside!, {}, 20), { signal: new AbortController().signal, onTick: () => undefined });
    expect([...trips.fault]).toEqual(Array(20).fill(0));
    expect(from!.engine).toBe('ssh://tester@lab');
    await beside.close();
    await harness.backend.close();
    expect(await harness.remains()).toEqual([]);
  });

  it('that does not let this user in says so', async () => {
    const address = await overSsh('a stranger’s');
    const { problem } = await createImageRoom(imageSource, () => address).list();
    expect(problem).toMatchObject({ code: 'not-allowed', hint: expect.stringContaining('ssh-add') });
  });
});
