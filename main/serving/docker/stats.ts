/** Running totals of a container since it started; null where the engine does not say. */
export interface ResourceReading {
  /** When it was taken, on the engine's clock (stream) or ours (control group); only differences count. */
  readonly atMs: number;
  readonly cpuMs: number | null;
  /** What cannot be given back by dropping file pages: that is what a limit is up against. */
  readonly memoryBytes: number | null;
  readonly periods: number | null;
  readonly throttledPeriods: number | null;
}

interface StatsMessage {
  readonly read?: string;
  readonly cpu_stats?: {
    readonly cpu_usage?: { readonly total_usage?: number };
    readonly throttling_data?: { readonly periods?: number; readonly throttled_periods?: number };
  };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}

/** One message of the statistics stream. Null when the engine has no data: it then dates the message to the year 1. */
export function parseStats(message: unknown): ResourceReading | null {
  const { read, cpu_stats: cpu, memory_stats: memory } = message as StatsMessage;
  const atMs = Date.parse(read ?? '');
  if (!Number.isFinite(atMs) || atMs <= 0) return null;
  const nanos = cpu?.cpu_usage?.total_usage;
  return {
    atMs,
    cpuMs: nanos === undefined ? null : nanos / 1e6,
    memoryBytes: memoryOf(memory),
    periods: cpu?.throttling_data?.periods ?? null,
    throttledPeriods: cpu?.throttling_data?.throttled_periods ?? null,
  };
}

/** Version 1 counts file pages as `total_cache` or `cache`, version 2 as `file`. */
function memoryOf(memory: StatsMessage['memory_stats']): number | null {
  if (memory?.usage === undefined) return null;
  const { stats = {} } = memory;
  return Math.max(0, memory.usage - (stats['total_cache'] ?? stats['cache'] ?? stats['file'] ?? 0));
}

const LINE_CHARACTERS_MAX = 16 * 2 ** 20;

/** Splits a stream of JSON values, one a line. Damaged lines are left out. */
export function jsonLines(onValue: (value: unknown) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARACTERS_MAX) rest = ''; // No message of an engine is that long.
    for (const line of lines) {
      if (line.trim() === '') continue;
      try {
        onValue(JSON.parse(line));
      } catch {
        continue;
      }
    }
  };
}
