import type { ErrorCode } from './errors.ts';
import { formatCount } from './format.ts';
import { ROUND_TRIP_FAULTS, type RoundTripFault, type RoundTrips } from './round-trips.ts';

export interface FaultInWords {
  readonly code: ErrorCode;
  /** "3,413 of 3,413 requests had no answer within 10 s (TCP timeout)." */
  readonly message: string;
  readonly hint: string;
}

/** What most of the failed requests died of, ready for the user; null when none failed. */
export function dominantFault(trips: RoundTrips, options: { readonly timeoutMs: number }): FaultInWords | null {
  const errors: Record<string, number> = {};
  for (const fault of trips.fault) if (fault !== 0) errors[ROUND_TRIP_FAULTS[fault]!] = (errors[ROUND_TRIP_FAULTS[fault]!] ?? 0) + 1;
  return Object.keys(errors).length === 0 ? null : dominantShare(errors, trips.fault.length, options.timeoutMs);
}

/** The same from counts by fault; at least one fault must have been counted. */
export function dominantShare(errors: Readonly<Record<string, number>>, sent: number, timeoutMs: number): FaultInWords {
  const [fault, count] = Object.entries(errors).reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  return describeFault(fault as RoundTripFault, `${formatCount(count)} of ${formatCount(sent)} requests`, timeoutMs / 1000);
}

function describeFault(fault: RoundTripFault, share: string, timeoutS: number): FaultInWords {
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
