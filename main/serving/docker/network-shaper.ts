import { isImpaired, PERFECT_NETWORK } from '../../domain/network.ts';
import type { NetworkImpairment } from '../../domain/study-spec.ts';
import type { Replica } from './container.ts';
import type { Engine } from './engine.ts';
import { ensureHelperImage, runHelper, type HelperRun } from './network-helper.ts';

/** Impairs the network of replicas by the kernel, where it and the engine allow that. */
export interface NetworkShaper {
  /** True: the bytes of these replicas are kept back as asked. False: whoever sends has to see to it. */
  shape(engine: Engine, replicas: readonly Replica[], network: NetworkImpairment, run: Pick<HelperRun, 'labels' | 'signal'>): Promise<boolean>;
}

/** What a queueing discipline is asked for, as `tc` takes it. */
export type Discipline = (network: NetworkImpairment) => string;

/** Packets the queue may hold: more than any connection has under way. */
const QUEUE_PACKETS = 100_000;

/** Jitter is uniform; loss is per packet, and TCP sends again. Delay is added in each direction. */
export const netem: Discipline = ({ delayMs, jitterMs, lossPercent }) => [
  `netem limit ${QUEUE_PACKETS}`,
  ...(delayMs > 0 || jitterMs > 0 ? [`delay ${delayMs}ms`] : []),
  ...(jitterMs > 0 ? [`${jitterMs}ms`] : []),
  ...(lossPercent > 0 ? [`loss ${lossPercent}%`] : []),
].join(' ');

/** Takes away what there is of it; a line that has nothing to take away is no matter. */
const UNDO = ['qdisc del dev eth0 ingress', 'qdisc del dev eth0 root'];

/** What arrives at a container is shaped as it leaves this device of its own, which it is led through. */
const DEVICE = 'ifb0';

export function deviceCommands(): readonly string[] {
  return [`link add ${DEVICE} type ifb`, `link set ${DEVICE} up`];
}

/** The redirection comes last: a kernel that lacks something refuses before anything has changed for the replica. */
export function shapeCommands(network: NetworkImpairment, discipline: Discipline = netem): readonly string[] {
  // Packets with different delays overtake each other unless they wait in a plain queue, which no cable does.
  const side = (device: string): readonly string[] => [
    `qdisc add dev ${device} root handle 1: ${discipline(network)}`,
    ...(network.jitterMs > 0 ? [`qdisc add dev ${device} parent 1:1 handle 10: pfifo limit ${QUEUE_PACKETS}`] : []),
  ];
  return [
    ...side(DEVICE),
    ...side('eth0'),
    'qdisc add dev eth0 handle ffff: ingress',
    `filter add dev eth0 parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ${DEVICE}`,
  ];
}

/** Resets are no property of a network the kernel knows; then everything stays with the proxy, so that there is one way only. */
export function canBeShaped(network: NetworkImpairment): boolean {
  return isImpaired(network) && network.resetPercent === 0;
}

const PROBED: NetworkImpairment = { ...PERFECT_NETWORK, delayMs: 1 };

/** Asks once whether kernel and engine allow it, in a network of its own; a refusal later counts as one, too. */
export function createNetworkShaper(discipline: Discipline = netem): NetworkShaper {
  let image: Promise<string | null> | null = null;
  let refused = false;

  /** The queue is only believed in when `tc` shows it afterwards. */
  const shows = (text: string, device: string, network: NetworkImpairment): boolean =>
    text.split('\n').some((line) => line.startsWith(`qdisc ${discipline(network).split(' ')[0]!} `) && line.includes(`dev ${device} root`));

  const probe = async (engine: Engine, run: Pick<HelperRun, 'labels' | 'signal'>): Promise<string | null> => {
    const found = await ensureHelperImage(engine, run.signal);
    const own = { image: found, network: 'none', ...run };
    if (!(await runHelper(engine, 'ip', deviceCommands(), own)).ok) return null;
    const { ok, text } = await runHelper(engine, 'tc', [`qdisc add dev lo root ${discipline(PROBED)}`, 'qdisc show'], own);
    return ok && shows(text, 'lo', PROBED) ? found : null;
  };

  const shapeOne = async (engine: Engine, replica: Replica, network: NetworkImpairment, run: HelperRun): Promise<boolean> => {
    const wanted = JSON.stringify(network);
    if (replica.shaping === wanted) return true;
    const at = { ...run, network: replica.id };
    if (!(await runHelper(engine, 'ip', deviceCommands(), at)).ok) return false;
    const { ok, text } = await runHelper(engine, 'tc', [...shapeCommands(network, discipline), 'qdisc show'], at);
    if (!ok || !['eth0', DEVICE].every((device) => shows(text, device, network))) return false;
    replica.shaping = wanted;
    return true;
  };

  const unshape = async (engine: Engine, replicas: readonly Replica[], run: HelperRun): Promise<void> => {
    await Promise.all(replicas.map(async (replica) => {
      await runHelper(engine, 'tc', UNDO, { ...run, network: replica.id, goOn: true });
      replica.shaping = null;
    }));
  };

  return {
    shape: async (engine, replicas, network, run) => {
      if (!canBeShaped(network)) return false;
      const found = refused ? null : await (image ??= probe(engine, run).catch(() => null));
      run.signal.throwIfAborted();
      if (found === null) return false;
      const at = { image: found, network: '', ...run };
      const done = await Promise.all(replicas.map((replica) => shapeOne(engine, replica, network, at).catch(() => false)));
      run.signal.throwIfAborted();
      if (done.every(Boolean)) return true;
      // Half of it by the kernel and half by the proxy would be neither.
      refused = true;
      await unshape(engine, replicas, at);
      return false;
    },
  };
}
