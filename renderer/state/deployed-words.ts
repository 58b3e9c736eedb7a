import { counted } from '../../main/domain/format.ts';
import { clockText } from './when.ts';
import type { Deployed } from '../../main/contract/deployed-methods.ts';
import type { Study } from '../../main/domain/study.ts';

/** "Trial 22 is kept running since 14:10." */
export function headline({ trial, state, since, restarts }: Deployed): string {
  switch (state) {
    case 'starting':
      return `Bringing up trial ${trial} …`;
    case 'serving':
      return `Trial ${trial} is kept running since ${clockText(new Date(since!))}${restarts === 0 ? '' : `, ${counted(restarts, 'restart')}`}.`;
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
