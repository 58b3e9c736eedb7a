import type { NetworkImpairment } from '../../main/domain/study-spec.ts';

/** "5 ± 1 ms each way, 2 % lost" */
export function describeNetwork({ delayMs, jitterMs, lossPercent, resetPercent }: NetworkImpairment): string {
  const parts: string[] = [];
  if (delayMs || jitterMs) parts.push(`${delayMs || 0}${jitterMs ? ` ± ${jitterMs}` : ''} ms each way`);
  if (lossPercent) parts.push(`${lossPercent} % lost`);
  if (resetPercent) parts.push(`${resetPercent} % reset`);
  return parts.length === 0 ? 'No added delay or loss' : parts.join(', ');
}
