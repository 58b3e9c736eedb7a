import { formatCount } from '../../main/domain/format.ts';
import { clockText } from './when.ts';
import type { Client } from '../../main/contract/client.ts';
import type { Deployed } from '../../main/contract/deployed-methods.ts';
import type { Study } from '../../main/domain/study.ts';
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

/** "Trial 22 is kept running since 14:10." */
export function headline({ trial, state, since, restarts }: Deployed): string {
  switch (state) {
    case 'starting':
      return `Bringing up trial ${trial} …`;
    case 'serving':
      return `Trial ${trial} is kept running since ${clockText(new Date(since!))}${restarts === 0 ? '' : `, ${formatCount(restarts)} ${restarts === 1 ? 'restart' : 'restarts'}`}.`;
    case 'restarting':
      return `Bringing trial ${trial} up again …`;
    case 'failed':
      return `Trial ${trial} could not be kept running.`;
  }
}

export function faultText({ fault }: Deployed): string {
  return fault === null ? '' : `${fault.message} ${fault.hint}`.trim();
}

/** Why a trial of this study cannot be kept running; null when it can. */
export function whyNotDeployed({ state, spec }: Study): string | null {
  if (spec.backend.kind === 'simulated') return 'Simulated: there are no replicas to keep running';
  return state === 'running' || state === 'paused' ? 'A study is running; stop it first' : null;
}
