import type { Client } from '../../main/contract/client.ts';
import type { PreflightReport } from '../../main/contract/values.ts';

/** What this machine can do, as last looked at. */
export class Machine {
  report: PreflightReport | null = $state.raw(null);
  checking = $state(false);
  readonly #client: () => Client;
  readonly #fail: (error: unknown) => void;

  constructor(client: () => Client, fail: (error: unknown) => void) {
    this.#client = client;
    this.#fail = fail;
  }

  async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      this.report = await this.#client().call('preflight.check', {});
    } catch (error) {
      this.#fail(error);
    } finally {
      this.checking = false;
    }
  }
}
