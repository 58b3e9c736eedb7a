import { ServescapeError } from '../domain/errors.ts';
import { formatCount } from '../domain/format.ts';
import { dominantFault } from '../domain/measure.ts';
import { withTrips, type RoundTrips } from '../domain/round-trips.ts';

/** Why a run ends early: nothing has answered for the time-out of one request. Carries the round trips until then. */
export function noAnswers(trips: RoundTrips, timeoutMs: number): ServescapeError {
  return withTrips(describe(trips, timeoutMs), trips);
}

function describe(trips: RoundTrips, timeoutMs: number): ServescapeError {
  const answered = trips.fault.reduce((sum, fault) => sum + (fault === 0 ? 1 : 0), 0);
  if (answered === 0) {
    const fault = dominantFault(trips, { timeoutMs });
    if (fault !== null) return new ServescapeError(fault.code, fault.message, { hint: fault.hint });
  }
  return new ServescapeError('no-answers', `The replicas stopped answering: ${formatCount(answered)} requests were answered, then none for ${timeoutMs / 1000} s.`, {
    hint: 'Read the replicas’ logs. A memory limit that is too small often shows up like this.',
  });
}
