import type { CheckState, PreflightItem } from '../../main/contract/values.ts';
import type { IconName } from './icons.ts';

export const CHECK_ICON: Readonly<Record<CheckState, IconName>> = { ok: 'check', warn: 'warning', bad: 'failed', absent: 'info' };
export const CHECK_WORD: Readonly<Record<CheckState, string>> = { ok: 'fine', warn: 'look at this', bad: 'not usable', absent: 'not there' };

export function checkTone({ state }: PreflightItem): string {
  return state === 'absent' ? 'faint' : state;
}
