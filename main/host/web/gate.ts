import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may come in: the browser that was handed the printed address, and pages of this very address. */
export interface Gate {
  /** A token for one visit; earlier unused ones become void. */
  freshToken(): string;
  /** The Set-Cookie value for the right token, once; null for any other. */
  redeem(token: string): string | null;
  /** Asked for by this address, not by a name that somebody points here (DNS rebinding). */
  isAddressedToUs(request: IncomingMessage): boolean;
  /** Carries the cookie of a redeemed token. */
  isAdmitted(request: IncomingMessage): boolean;
  /** Sent by a page of ours. Browsers always say where a WebSocket or a form comes from. */
  isFromOurPage(request: IncomingMessage): boolean;
}

const MAX_SESSIONS = 100;

export function createGate(port: () => number): Gate {
  let token: Buffer | null = null;
  const sessions = new Set<string>();
  // Cookies are shared by all ports of an address: the name keeps two running programs apart.
  const cookieName = (): string => `servescape-${port()}`;
  const ourHosts = (): readonly string[] => [`127.0.0.1:${port()}`, `localhost:${port()}`];

  return {
    freshToken: () => {
      const text = randomBytes(32).toString('base64url');
      token = digest(text);
      return text;
    },
    redeem: (given) => {
      if (token === null || !timingSafeEqual(digest(given), token)) return null;
      token = null;
      const session = randomBytes(32).toString('base64url');
      sessions.add(digest(session).toString('hex'));
      if (sessions.size > MAX_SESSIONS) sessions.delete(sessions.values().next().value!);
      return `${cookieName()}=${session}; HttpOnly; SameSite=Strict; Path=/`;
    },
    isAddressedToUs: ({ headers }) => ourHosts().includes(headers.host ?? ''),
    isAdmitted: ({ headers }) => {
      const session = readCookie(headers.cookie ?? '', cookieName());
      return session !== null && sessions.has(digest(session).toString('hex'));
    },
    isFromOurPage: ({ headers }) => headers.origin === `http://${headers.host ?? ''}` && ourHosts().includes(headers.host ?? ''),
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function readCookie(header: string, name: string): string | null {
  for (const part of header.split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value) return value;
  }
  return null;
}
