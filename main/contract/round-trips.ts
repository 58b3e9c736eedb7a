import type { Client } from './client.ts';
import type { RoundTripsJson } from '../domain/study-json.ts';

const PART = 50_000;

/** All round trips of a trial, read part by part so that no message grows without bound; null where there are none. */
export async function readRoundTrips(client: Client, of: { readonly projectId: string; readonly studyId: string; readonly trial: number }): Promise<RoundTripsJson | null> {
  let all: RoundTripsJson | null = null;
  for (let from = 0; ; from += PART) {
    const part = await client.call('trial.roundTripColumns', { ...of, from, count: PART });
    if (part === null) return null;
    all = all === null ? part.columns : joined(all, part.columns);
    if (from + PART >= part.total) return all;
  }
}

function joined(one: RoundTripsJson, other: RoundTripsJson): RoundTripsJson {
  return {
    startMs: one.startMs.concat(other.startMs), roundTripMs: one.roundTripMs.concat(other.roundTripMs), replica: one.replica.concat(other.replica),
    fault: one.fault.concat(other.fault), excluded: one.excluded.concat(other.excluded),
    ...(one.width && other.width && { width: one.width.concat(other.width) }),
  };
}
