import { createClient, type Client } from '../../main/contract/client.ts';
import type { Connect } from './connect.ts';

const RETRY_MS = [500, 1000, 2000, 4000, 8000];

export interface LinkListener {
  readonly lost: () => void;
  /** The host answers again; when this throws the link is tried anew. */
  readonly back: () => Promise<void>;
}

/** The line to the host; once lost it is tried again, at growing distances, until it answers. */
export class HostLink {
  client: Client = $state.raw()!;
  state: 'open' | 'lost' = $state('open');
  readonly #connect: Connect;
  readonly #listener: LinkListener;
  #retry: ReturnType<typeof setTimeout> | null = null;

  constructor(connect: Connect, listener: LinkListener) {
    this.#connect = connect;
    this.#listener = listener;
  }

  async attach(): Promise<void> {
    this.client = createClient(await this.#connect());
    const attached = this.client;
    attached.onClose(() => {
      if (this.client !== attached) return;
      this.state = 'lost';
      this.#listener.lost();
      void this.#reconnect(0);
    });
  }

  retryNow(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    void this.#reconnect(0);
  }

  async #reconnect(attempt: number): Promise<void> {
    try {
      await this.attach();
      await this.#listener.back();
      this.state = 'open';
    } catch {
      this.#retry = setTimeout(() => void this.#reconnect(attempt + 1), RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
    }
  }
}
