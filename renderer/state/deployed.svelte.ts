import { faultText, headline } from './deployed-words.ts';
import type { Client } from '../../main/contract/client.ts';
import type { Deployed } from '../../main/contract/deployed-methods.ts';
import type { Banner } from './notices.svelte.ts';

/** The configuration that is kept running, as the host tells it. */
export class DeployedView {
  now: Deployed | null = $state.raw(null);
  /** Whether its page is open. */
  open = $state(false);
  #client: Client | null = null;

  /** From here on over this connection; the one before is gone. */
  watch(client: Client): void {
    this.#client = client;
    client.watch('deployed.watch', {}, { onItem: (deployed) => (this.now = deployed), onError: () => (this.now = null) });
  }

  async start(studyId: { readonly projectId: string; readonly studyId: string }, trial: number): Promise<void> {
    await this.#client!.call('deployed.start', { projectId: studyId.projectId, studyId: studyId.studyId, trial });
    this.open = true;
  }

  async stop(): Promise<void> {
    await this.#client!.call('deployed.stop', {});
    this.open = false;
  }

  banner(): Banner | null {
    const { now } = this;
    if (now === null) return null;
    return {
      id: 'deployed', tone: now.state === 'failed' ? 'bad' : now.state === 'restarting' ? 'warn' : 'plain', icon: 'layers',
      strong: headline(now), text: now.state === 'failed' ? faultText(now) : 'It takes part in nothing that is measured; no study can start beside it.',
      actions: [{ label: 'Show', run: () => void (this.open = true) }, { label: now.state === 'failed' ? 'Dismiss' : 'Stop it', run: () => this.stop() }],
    };
  }
}
