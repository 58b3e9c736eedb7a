import type { Command } from '../cli.ts';
import { runLoadCommand } from './load.ts';

export const LOAD: Command = {
  usage: `load --url URL --body FILE -c CONCURRENCY (--duration SECONDS | --requests N) [--timeout MS] --out FILE
  Posts the bytes of a file again and again with exactly CONCURRENCY requests in flight, and writes what was measured as
  one JSON object: mean_ms, p50_ms, p99_ms, rps, n, errors, t0_ns, t1_ns (monotonic nanoseconds of the measured window).`,
  run: async (args) => {
    await runLoadCommand(args);
    return 0;
  },
};
