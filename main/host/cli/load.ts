import { open, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { dominantFault } from '../../domain/dominant-fault.ts';
import { ServescapeError, badInput } from '../../domain/errors.ts';
import { createRandom } from '../../domain/random.ts';
import { countedMs } from '../../domain/round-trips.ts';
import { mean, percentile, sortedCopy } from '../../domain/statistics.ts';
import type { LoadModel } from '../../domain/study-spec.ts';
import { createBalancer } from '../../load/balancer.ts';
import { HTTP } from '../../load/client-connection.ts';
import { drive, type DriveResult } from '../../load/drive.ts';
import { createPacing } from '../../load/pacing.ts';
import { warmCodePath } from '../../load/private-sink.ts';
import { stopAfterCount, stopAfterDuration } from '../../load/stop-rule.ts';
import { grpcMessage } from '../../workloads/grpc-predict.ts';
import { postHead } from '../../workloads/predict-request.ts';

const USAGE =
  'load --url URL --body FILE -c CONCURRENCY (--duration SECONDS | --requests N) [--mode closed|constant|poisson|burst --rate R] [--protocol rest|grpc] [--timeout MS] --out FILE';
/** More arrivals than this are never scheduled beforehand. */
const MOST_ARRIVALS = 10_000_000;

interface LoadArguments {
  readonly url: URL;
  readonly body: Buffer;
  readonly concurrency: number;
  readonly amount: { readonly kind: 'requests'; readonly count: number } | { readonly kind: 'duration'; readonly seconds: number };
  readonly loadModel: LoadModel;
  readonly protocol: 'rest' | 'grpc';
  readonly timeoutMs: number;
  readonly out: string;
}

/**
 * The load generator on its own, to be compared with others: posts the file's bytes to one URL (as a gRPC message with
 * `--protocol grpc`), in a closed loop unless `--mode` says otherwise, and writes one
 * JSON object: mean_ms, p50_ms, p99_ms, rps, n, errors, t0_ns, t1_ns. All of them over the measured requests only; the warm-up
 * goes to a private sink. When every request failed, the file is written and the error thrown. t0_ns and t1_ns are CLOCK_MONOTONIC nanoseconds of the first request and the last answer.
 */
export async function runLoadCommand(args: readonly string[]): Promise<void> {
  const given = await readArguments(args);
  await warmCodePath();
  const result = await drive(
    {
      endpoints: [{ host: given.url.hostname.replace(/^\[|\]$/g, ''), port: Number(given.url.port || 80) }],
      transport: given.protocol === 'grpc' ? { kind: 'grpc', path: given.url.pathname } : HTTP,
      pacing: createPacing(given.loadModel, { concurrency: given.concurrency, count: arrivals(given), random: createRandom(0) }),
      closed: given.loadModel.kind === 'closed',
      concurrency: given.concurrency,
      timeoutMs: given.timeoutMs,
      excludeFirst: 0,
      balancer: createBalancer('round-robin', createRandom(0)),
      request: sameRequest(given),
      isAnswer: () => true,
      stop: (recorder) => (given.amount.kind === 'requests' ? stopAfterCount(given.amount.count) : stopAfterDuration(given.amount.seconds, recorder)),
    },
    { signal: new AbortController().signal },
  );
  await writeFile(given.out, `${summary(result)}\n`);
  const failure = countedMs(result.trips).length === 0 ? dominantFault(result.trips, { timeoutMs: given.timeoutMs }) : null;
  if (failure !== null) throw new ServescapeError(failure.code, failure.message, { hint: failure.hint });
}

/** Requests an open loop can need at most. */
function arrivals({ amount, loadModel }: LoadArguments): number {
  if (amount.kind === 'requests') return amount.count;
  const rate = loadModel.kind === 'poisson' || loadModel.kind === 'constant' ? loadModel.ratePerS : 0;
  return Math.min(MOST_ARRIVALS, Math.ceil(2 * rate * amount.seconds) + 1000);
}

function sameRequest({ url, body, protocol }: LoadArguments): () => Buffer {
  if (protocol === 'grpc') {
    const message = grpcMessage(body);
    return () => message;
  }
  const head = postHead({ path: `${url.pathname}${url.search}`, host: url.host, contentType: 'application/json', length: body.length });
  const request = Buffer.concat([head, body]);
  return () => request;
}

/** Nanoseconds as JSON numbers written out in full: they fit a double's integers for 104 days of uptime. */
function summary({ trips, durationS, firstMs, lastMs, client }: DriveResult): string {
  const counted = countedMs(trips);
  const sorted = sortedCopy(counted);
  const sinceBootNs = process.hrtime.bigint() - BigInt(Math.round(performance.now() * 1e6));
  const atNs = (ms: number): number => Number(sinceBootNs + BigInt(Math.round(ms * 1e6)));
  return JSON.stringify({
    mean_ms: mean(counted),
    p50_ms: percentile(sorted, 50),
    p99_ms: percentile(sorted, 99),
    rps: durationS > 0 ? counted.length / durationS : 0,
    n: counted.length,
    errors: trips.fault.length - counted.length,
    t0_ns: atNs(firstMs),
    t1_ns: atNs(lastMs),
    ...(client !== undefined && { client }),
  });
}

async function readArguments(args: readonly string[]): Promise<LoadArguments> {
  const values = parse(args);
  const { protocol = 'rest' } = values;
  if (protocol !== 'rest' && protocol !== 'grpc') throw badInput('--protocol', protocol, 'rest or grpc');
  if ((values.duration === undefined) === (values.requests === undefined)) {
    throw new ServescapeError('bad-input', 'Say how long to send: give either --duration SECONDS or --requests N.', { hint: USAGE });
  }
  return {
    url: readUrl(values.url),
    body: await readBody(values.body),
    concurrency: wholeNumber('-c', values.concurrency, 1, 10_000),
    amount:
      values.requests !== undefined
        ? { kind: 'requests', count: wholeNumber('--requests', values.requests, 1, 100_000_000) }
        : { kind: 'duration', seconds: readSeconds(values.duration) },
    loadModel: readMode(values.mode ?? 'closed', values.rate),
    protocol,
    timeoutMs: values.timeout === undefined ? 10_000 : wholeNumber('--timeout', values.timeout, 10, 600_000),
    out: await writableFile(values.out ?? missing('--out', 'the file to write the result to')),
  };
}

function parse(args: readonly string[]): Partial<Record<'url' | 'body' | 'concurrency' | 'duration' | 'requests' | 'mode' | 'rate' | 'protocol' | 'timeout' | 'out', string>> {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        url: text, body: text, concurrency: { type: 'string', short: 'c' }, duration: text, requests: text, mode: text, rate: text, protocol: text, timeout: text, out: text,
      },
    }).values;
  } catch (cause) {
    throw new ServescapeError('bad-input', (cause as Error).message, { hint: USAGE, cause });
  }
}

function readMode(mode: string, rate: string | undefined): LoadModel {
  if (mode === 'closed') return { kind: 'closed' };
  if (mode === 'burst') return { kind: 'burst', pauseMs: 0 };
  if (mode !== 'constant' && mode !== 'poisson') throw badInput('--mode', mode, 'closed, constant, poisson or burst');
  const ratePerS = Number(rate ?? missing('--rate', 'requests per second'));
  if (!(ratePerS > 0 && ratePerS <= 1_000_000)) throw badInput('--rate', rate, 'requests per second from above 0 to 1000000');
  return { kind: mode, ratePerS };
}

function missing(option: string, what: string): never {
  throw new ServescapeError('bad-input', `${option} is missing: ${what}.`, { hint: USAGE, field: option });
}

function readUrl(value: string | undefined): URL {
  const given = value ?? missing('--url', 'where to post the requests');
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url?.protocol !== 'http:') throw badInput('--url', given, 'an address like http://127.0.0.1:8501/v1/models/digits:predict');
  return url;
}

async function readBody(path: string | undefined): Promise<Buffer> {
  const given = path ?? missing('--body', 'the file whose bytes are the body of every request');
  try {
    return await readFile(given);
  } catch {
    throw badInput('--body', given, 'a file that can be read');
  }
}

/** Before the run rather than after it: the figures of a long one would be lost. */
async function writableFile(path: string): Promise<string> {
  try {
    await (await open(path, 'a')).close();
    return path;
  } catch {
    throw badInput('--out', path, 'a file that can be written, in a folder that exists');
  }
}

function wholeNumber(option: string, text: string | undefined, least: number, most: number): number {
  const value = Number(text ?? missing(option, `a whole number from ${least} to ${most}`));
  if (!Number.isInteger(value) || value < least || value > most || text === '') throw badInput(option, text, `a whole number from ${least} to ${most}`);
  return value;
}

function readSeconds(text: string | undefined): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw badInput('--duration', text, 'seconds from above 0 to 86400');
  return value;
}
