import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';

interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
}

/**
 * Whether the other end of a connection over the loopback belongs to another user of this machine. Linux says whose each
 * socket is; where the system does not tell, this is false and the token alone decides.
 */
export function isOfAnotherUser({ remoteAddress, remotePort, localPort }: Peer, table = readTable()): boolean {
  const address = remoteAddress?.replace(/^::ffff:/, '');
  const uid = process.getuid?.();
  if (table === null || uid === undefined || address === undefined || !isIPv4(address) || remotePort === undefined || localPort === undefined) return false;
  const owner = ownerOf(table, `${hexAddress(address)}:${hexPort(remotePort)}`, hexPort(localPort));
  return owner !== null && owner !== uid;
}

/** The connection as the asking side sees it: its own address first, ours second (proc(5), /proc/net/tcp). */
function ownerOf(table: string, local: string, remotePort: string): number | null {
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[1] === local && fields[2]?.endsWith(`:${remotePort}`)) return Number(fields[7]);
  }
  return null;
}

function readTable(): string | null {
  if (process.platform !== 'linux') return null;
  try {
    return readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    return null;
  }
}

/** In the byte order of the machine, which is little-endian on every one we run on. */
function hexAddress(address: string): string {
  return address.split('.').reverse().map((part) => Number(part).toString(16).padStart(2, '0')).join('').toUpperCase();
}

function hexPort(port: number): string {
  return port.toString(16).padStart(4, '0').toUpperCase();
}
