import type { ErrorCode } from './errors.ts';
import { formatCount } from './format.ts';
import { ROUND_TRIP_FAULTS, type RoundTripFault, type RoundTrips } from './round-trips.ts';

/** What most of the failed requests died of, ready for the user; null when none failed. */
export function dominantFault(
  trips: RoundTrips,
  options: { readonly timeoutMs: number },
): { readonly code: ErrorCode; readonly message: string; readonly hint: string } | null {
  const counts = ROUND_TRIP_FAULTS.map(() => 0);
  for (const fault of trips.fault) counts[fault]!++;
  const most = counts.reduce((best, count, i) => (i > 0 && count > 0 && (best === 0 || count > counts[best]!) ? i : best), 0);
  if (most === 0) return null;
  const share = `${formatCount(counts[most]!)} of ${formatCount(trips.fault.length)} requests`;
  return describeFault(ROUND_TRIP_FAULTS[most]!, share, options.timeoutMs / 1000);
}

function describeFault(fault: RoundTripFault, share: string, timeoutS: number): { code: ErrorCode; message: string; hint: string } {
  switch (fault) {
    case 'timeout':
      return {
        code: 'tcp-timeout',
        message: `${share} had no answer within ${timeoutS} s (TCP timeout).`,
        hint: 'Lower the concurrency, give the replicas more CPU, or allow a longer time-out.',
      };
    case 'connection-refused':
      return { code: 'no-answers', message: `${share} were refused a connection.`, hint: 'Check that the replicas are up and listening on the ports shown.' };
    case 'connection-reset':
      return { code: 'no-answers', message: `${share} ended in a reset connection.`, hint: 'Read the replicas’ logs, and check the network reliability of this study.' };
    case 'connection-closed':
      return { code: 'no-answers', message: `${share} lost their connection before the whole answer had come.`, hint: 'Read the replicas’ logs: a replica that runs out of memory shows up like this.' };
    case 'bad-answer':
      return { code: 'no-answers', message: `${share} were answered with something that is not a prediction of the right shape.`, hint: 'Check that the replicas serve the model of this study.' };
    case 'http-503':
    case 'http-429':
      return { code: 'no-answers', message: `${share} were turned away (HTTP ${fault.slice(5)}): the server’s queue was full.`, hint: 'Allow more enqueued batches, or lower the concurrency.' };
    case 'http-504':
    case 'http-408':
      return { code: 'tcp-timeout', message: `${share} were given up by the server (HTTP ${fault.slice(5)}).`, hint: 'Lower the concurrency, or give the replicas more CPU.' };
    case 'http-400':
      return { code: 'no-answers', message: `${share} were refused as invalid (HTTP 400).`, hint: 'A request larger than the maximum batch size is refused like this: raise max_batch_size or send smaller requests.' };
    case 'http-404':
      return { code: 'no-answers', message: `${share} found no model (HTTP 404).`, hint: 'Check that the replicas serve the model of this study.' };
    case 'aborted':
      return { code: 'aborted', message: `${share} were stopped on request.`, hint: 'Measure the trial again.' };
    default:
      return {
        code: 'no-answers',
        message: `${share} were answered with an error (${fault === 'http-other' ? 'an unusual HTTP status' : `HTTP ${fault.slice(5)}`}).`,
        hint: 'Read the replicas’ logs.',
      };
  }
}
