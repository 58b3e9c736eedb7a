import { z } from 'zod';
import { parseOrRefuse } from '../../contract/refusal.ts';
import { badInput } from '../../domain/errors.ts';
import type { Configuration, Parameter } from '../../domain/parameter.ts';
import { createRandom } from '../../domain/random.ts';
import { createSampler, type SamplerOptions } from '../../optimizer/registry.ts';
import type { Observation, Sampler, SamplerRequest } from '../../optimizer/sampler.ts';

/**
 * Ask/tell over JSON lines, so that any optimizer can be compared with ours. One process, many runs:
 *
 *   in   {"space":[{"name","type":"int|float|ordinal|categorical","low","high","log"?,"values"?}],"seed","budget","n_initial"}
 *   out  {"ask":{name:value},"recommend"?:{…}}
 *   in   {"tell":{"value":number|null}}            null: it crashed; values are minimised
 *   in   {"tell":{…},"end":true}                   answered by one {"recommend":{…}}; then the next header
 */
const jsonValue = z.union([z.string(), z.number(), z.boolean()]);
const name = z.string().min(1);
const log = z.boolean().nullish();
const numericSchema = z.object({ name, type: z.enum(['int', 'float']), low: z.number(), high: z.number(), log });
const listedSchema = z.object({ name, type: z.enum(['ordinal', 'categorical']), values: z.array(jsonValue).min(1), log });
const headerSchema = z.object({
  space: z.array(z.discriminatedUnion('type', [numericSchema, listedSchema])).min(1),
  seed: z.union([z.int(), z.string()]),
  budget: z.int().min(1).nullish(),
  n_initial: z.int().min(1).nullish(),
});
const tellSchema = z.object({ tell: z.object({ value: z.number().nullable() }), end: z.boolean().nullish() });

type Header = z.infer<typeof headerSchema>;
type Dimension = Header['space'][number];
type JsonConfiguration = Readonly<Record<string, string | number | boolean>>;

export interface SamplerProtocolOptions {
  /** One of the registry. */
  readonly name: string;
  readonly options: SamplerOptions;
}

/** Runs until the input ends. Throws `bad-input` for a header or answer it cannot use. */
export async function runSamplerProtocol(
  lines: AsyncIterable<string>, write: (line: string) => void, { name, options }: SamplerProtocolOptions,
): Promise<void> {
  createSampler(name, options, { startupTrials: null });
  let run: ProtocolRun | null = null;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const message = parseJson(line);
    if (run === null) {
      const header = parseOrRefuse(headerSchema, message);
      run = new ProtocolRun(header, createSampler(name, options, { startupTrials: header.n_initial ?? null }));
      write(JSON.stringify(run.ask()));
      continue;
    }
    const { tell, end } = parseOrRefuse(tellSchema, message);
    run.tell(tell.value);
    write(JSON.stringify(end === true ? { recommend: run.recommend() } : run.ask()));
    if (end === true) run = null;
  }
}

class ProtocolRun {
  readonly #dimensions: readonly Dimension[];
  readonly #sampler: Sampler;
  #request: SamplerRequest;
  #asked: Configuration = {};

  constructor(header: Header, sampler: Sampler) {
    this.#dimensions = header.space;
    this.#sampler = sampler;
    this.#request = {
      space: header.space.map(toParameter),
      observations: [],
      isAllowed: () => true,
      random: createRandom(header.seed),
      trialNumber: 1,
    };
  }

  /** A space tried to its end is asked again where it is best: the protocol wants an answer. */
  ask(): { readonly ask: JsonConfiguration; readonly recommend?: JsonConfiguration } {
    const recommended = this.#sampler.recommend(this.#request);
    this.#asked = this.#sampler.suggest(this.#request)?.configuration ?? recommended ?? this.#asked;
    return {
      ask: this.#toJson(this.#asked),
      ...(recommended !== null && { recommend: this.#toJson(recommended) }),
    };
  }

  tell(value: number | null): void {
    const observation: Observation = { configuration: this.#asked, cost: value, standardError: null };
    const { observations, trialNumber } = this.#request;
    this.#request = { ...this.#request, observations: [...observations, observation], trialNumber: trialNumber + 1 };
  }

  /** When everything crashed there is nothing better to say than the last try. */
  recommend(): JsonConfiguration {
    return this.#toJson(this.#sampler.recommend(this.#request) ?? this.#asked);
  }

  #toJson(configuration: Configuration): JsonConfiguration {
    return Object.fromEntries(
      this.#dimensions.map((dimension) => {
        const value = configuration[dimension.name]!;
        return [dimension.name, 'values' in dimension ? dimension.values[Number(value)]! : value];
      }),
    );
  }
}

/** Listed values travel as their index, so that any JSON value may be one. */
function toParameter(dimension: Dimension): Parameter {
  const scale = dimension.log === true ? 'log' : 'linear';
  switch (dimension.type) {
    case 'ordinal':
      return { kind: 'ordinal', name: dimension.name, values: dimension.values.map((_, i) => i), scale: 'linear' };
    case 'categorical':
      return { kind: 'categorical', name: dimension.name, values: dimension.values.map((_, i) => String(i)) };
    case 'int':
    case 'float': {
      const { low, high } = dimension;
      if (low > high) throw badInput(`space.${dimension.name}.high`, high, `at least ${low}`);
      if (scale === 'log' && low <= 0) throw badInput(`space.${dimension.name}.low`, low, 'above 0 on a log scale');
      if (dimension.type === 'float') return { kind: 'real', name: dimension.name, low, high, scale };
      if (!Number.isInteger(low)) throw badInput(`space.${dimension.name}.low`, low, 'a whole number');
      if (!Number.isInteger(high)) throw badInput(`space.${dimension.name}.high`, high, 'a whole number');
      return { kind: 'integer', name: dimension.name, low, high, scale };
    }
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw badInput('line', line.slice(0, 200), 'one JSON object per line');
  }
}
