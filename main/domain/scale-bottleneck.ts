import { formatBytes, formatCount, formatMs, formatPercent, formatValue } from './format.ts';
import type { ScaleAssumptions } from './scale-plan.ts';
import type { ScaleFigures, ScaleLevel, Station, StationName } from './scale-level.ts';

/** Requests queue for it. */
export const BUSY_SHARE = 0.9;
/** Nothing more fits through it. */
export const FULL_SHARE = 0.97;

export interface Bottleneck {
  /** Null: nothing is full. */
  readonly station: StationName | null;
  /** A word for a chart: "replicas", "generator", "link". */
  readonly word: string;
  readonly busyShare: number;
  /** What is full and what that means, with its number. */
  readonly reason: string;
  /** What would move it. */
  readonly remedy: string;
}

export const STATION_WORDS: Readonly<Record<StationName, { readonly label: string; readonly word: string }>> = {
  replicas: { label: 'Replicas', word: 'replicas' },
  generator: { label: 'Load generator’s processor', word: 'generator' },
  'generator-link': { label: 'Load generator’s link', word: 'generator link' },
  'machine-link': { label: 'Links of the machines', word: 'machine link' },
};

/** Less than half a per cent of what the first replicas brought is the noise of the simulation. */
export function gainText({ rpsPerReplica, ofFirst }: ScaleLevel['gain']): string {
  return Math.abs(ofFirst) < 0.005 ? '0' : formatValue(rpsPerReplica);
}

/** What would have to change first for more answers per second, in words. */
export function scaleBottleneck(figures: ScaleFigures, throughputRps: number, stations: readonly Station[], assumptions: ScaleAssumptions): Bottleneck {
  const fullestOf = (some: readonly Station[]): Station => some.reduce((most, station) => (station.busyShare > most.busyShare ? station : most));
  // Replicas that get less to do make smaller batches and stay busy: what is full for all of them decides.
  const shared = fullestOf(stations.filter((station) => station.name !== 'replicas'));
  const fullest = shared.busyShare >= FULL_SHARE ? shared : fullestOf(stations);
  const { name, busyShare } = fullest;
  if (busyShare < BUSY_SHARE) {
    return {
      station: null, word: 'nothing', busyShare,
      reason: `No part is more than ${formatPercent(busyShare * 100)} busy (${STATION_WORDS[name].word}): requests are on their way, or wait for a batch to fill.`,
      remedy: 'More requests in flight per replica would bring more.',
    };
  }
  return { station: name, word: STATION_WORDS[name].word, busyShare, ...wordsFor(fullest, figures, throughputRps, stations, assumptions) };
}

function wordsFor({ name, busyShare }: Station, figures: ScaleFigures, throughputRps: number, stations: readonly Station[], assumptions: ScaleAssumptions): Pick<Bottleneck, 'reason' | 'remedy'> {
  const busy = formatPercent(busyShare * 100);
  const { generators, generatorLinkMbps, machineLinkMbps } = assumptions;
  const little = busyShare >= FULL_SHARE ? 'bring nothing' : 'bring little';
  const another = generators === 1 ? 'a second load generator' : 'one more load generator';
  switch (name) {
    case 'replicas': {
      const next = nextShared(figures, throughputRps, stations);
      return {
        reason: `The replicas are ${busy} busy: each further replica brings as much as the one before.`,
        remedy: next === null ? 'More replicas would bring more.' : `More replicas would bring more, until about ${formatCount(next.replicas)} of them: then ${STATION_IN_A_SENTENCE[next.name]} is full.`,
      };
    }
    case 'generator':
      return {
        reason: `The load generator’s processor is ${busy} busy (${formatMs(assumptions.requestCostMs)} a request): from here on more replicas ${little}.`,
        remedy: `${capital(another)} would.`,
      };
    case 'generator-link':
      return {
        reason: `The load generator’s link is ${busy} full (${sizes(assumptions)} at ${formatValue(generatorLinkMbps)} Mbit/s): from here on more replicas ${little}.`,
        remedy: `A faster link, smaller requests or ${another} would.`,
      };
    case 'machine-link':
      return {
        reason: `The link of each machine is ${busy} full (${sizes(assumptions)} at ${formatValue(machineLinkMbps)} Mbit/s): more replicas on a machine ${little}.`,
        remedy: 'More machines, a faster link or smaller requests would.',
      };
  }
}

const STATION_IN_A_SENTENCE: Readonly<Record<Exclude<StationName, 'replicas'>, string>> = {
  generator: 'the load generator’s processor', 'generator-link': 'the load generator’s link', 'machine-link': 'the link of each machine',
};

/** The shared part that is full next if every further replica brings as much as these; the links of machines grow with them. */
function nextShared({ replicas }: ScaleFigures, throughputRps: number, stations: readonly Station[]): { readonly name: 'generator' | 'generator-link'; readonly replicas: number } | null {
  let next: { name: 'generator' | 'generator-link'; replicas: number } | null = null;
  for (const { name, boundRps } of stations) {
    if ((name !== 'generator' && name !== 'generator-link') || boundRps === null || throughputRps === 0) continue;
    const at = Number(((boundRps / throughputRps) * replicas).toPrecision(2));
    if (next === null || at < next.replicas) next = { name, replicas: at };
  }
  return next;
}

function sizes({ requestBytes, answerBytes }: ScaleAssumptions): string {
  return requestBytes >= answerBytes ? `requests of ${formatBytes(requestBytes)}` : `answers of ${formatBytes(answerBytes)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
