import { formatCount, formatMs } from './format.ts';
import type { ScaleContext, ScaleFigures } from './scale-level.ts';

/** A number of Docker or Linux that a level meets, in words with the number. Nothing of it is simulated. */
export interface ScaleLimit {
  readonly id: 'overlay-addresses' | 'swarm-ports' | 'client-ports' | 'neighbours' | 'timeout';
  readonly text: string;
}

/** A /24, Docker's usual subnet for an overlay network, without its gateway. */
const OVERLAY_ADDRESSES = 253;
/** Swarm's own ports, 30000 to 32767. */
const SWARM_PORTS = 2768;
/** Linux, ip_local_port_range: 32768 to 60999. */
const CLIENT_PORTS = 28_232;
/** Linux, gc_thresh3. */
const NEIGHBOURS = 1024;

export function scaleLimits({ replicas, machines, concurrency, p95Ms }: ScaleFigures, { assumptions: { generators }, timeoutMs }: ScaleContext): readonly ScaleLimit[] {
  const limits: readonly (ScaleLimit & { readonly met: boolean })[] = [
    {
      id: 'overlay-addresses', met: replicas > OVERLAY_ADDRESSES,
      text: `One overlay network of Docker has ${OVERLAY_ADDRESSES} addresses for containers (its usual subnet is a /24). ${formatCount(replicas)} replicas need a larger subnet, several networks, or ports of their machines, as this program uses on a swarm.`,
    },
    {
      id: 'neighbours', met: machines > NEIGHBOURS,
      text: `Linux keeps ${formatCount(NEIGHBOURS)} neighbours at most (gc_thresh3). A load generator on one network segment with ${formatCount(machines)} machines needs that raised, or routers between.`,
    },
    {
      id: 'swarm-ports', met: replicas > SWARM_PORTS,
      text: `A swarm has ${formatCount(SWARM_PORTS)} ports of its own to give out (30000 to 32767). ${formatCount(replicas)} replicas cannot each have one; a port of their own machine they can.`,
    },
    {
      id: 'client-ports', met: concurrency / generators > CLIENT_PORTS,
      text: `A load generator has ${formatCount(CLIENT_PORTS)} ports (32768 to 60999) for connections to one address. ${formatCount(Math.ceil(concurrency / generators))} requests in flight do not fit behind one balancer; to the replicas’ own addresses they do.`,
    },
    {
      id: 'timeout', met: p95Ms > timeoutMs,
      text: `More than 5 % of the round trips take longer than the ${formatMs(timeoutMs)} after which the study gives a request up. Here they are waited for; a client that gives up and asks again makes it worse.`,
    },
  ];
  return limits.filter(({ met }) => met).map(({ id, text }) => ({ id, text }));
}

/** The limits a level meets and the one before it did not. */
export function newLimits(level: { readonly limits: readonly ScaleLimit[] }, before: { readonly limits: readonly ScaleLimit[] } | undefined): readonly ScaleLimit[] {
  return level.limits.filter(({ id }) => !before?.limits.some((other) => other.id === id));
}
