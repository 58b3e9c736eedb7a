import { badInput } from '../domain/errors.ts';
import { bayesSampler, DEFAULT_BAYES, type BayesOptions } from './bayes-sampler.ts';
import { DEFAULT_FIT } from './gp/fit.ts';
import { randomSampler } from './random-sampler.ts';
import type { Sampler } from './sampler.ts';

/** Options as they are typed on a command line. */
export type SamplerOptions = Readonly<Record<string, string>>;

/** What a start of a run fixes from outside; null leaves it to the sampler. */
export interface SamplerSetup {
  readonly startupTrials: number | null;
}

type Build = (options: OptionReader, setup: SamplerSetup) => Sampler;

const BUILDERS: Readonly<Record<string, Build>> = {
  bayes: (options, setup) => bayesSampler(bayesOptions(options, setup)),
  random: () => randomSampler(),
};

export const SAMPLER_NAMES = Object.keys(BUILDERS);

/** Throws a typed refusal that names the option, its value and what would be accepted. */
export function createSampler(name: string, options: SamplerOptions, setup: SamplerSetup): Sampler {
  const build = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  if (build === undefined) throw badInput('name', name, SAMPLER_NAMES.join(' or '));
  const reader = new OptionReader(options);
  const sampler = build(reader, setup);
  reader.refuseUnread();
  return sampler;
}

function bayesOptions(options: OptionReader, { startupTrials }: SamplerSetup): BayesOptions {
  const kind = options.oneOf('acquisition', ['expected-improvement', 'confidence-bound'], DEFAULT_BAYES.acquisition.kind);
  const xi = options.number('xi', 0, 10, 1e-4);
  const beta = options.number('beta', 0, 10, 2);
  return {
    startup: {
      kind: options.oneOf('startup', ['sobol', 'random'], DEFAULT_BAYES.startup.kind),
      trials: options.number('startup-trials', 1, 10_000, startupTrials),
    },
    acquisition: kind === 'expected-improvement' ? { kind, xi } : { kind, beta },
    fit: {
      ...DEFAULT_FIT,
      transformOutput: options.flag('transform', DEFAULT_FIT.transformOutput),
      additivePart: options.flag('additive', DEFAULT_FIT.additivePart),
      ownNoise: options.flag('own-noise', DEFAULT_FIT.ownNoise),
      tameAbove: options.flag('tame', DEFAULT_FIT.tameAbove !== null) ? DEFAULT_FIT.tameAbove : null,
    },
  };
}

class OptionReader {
  readonly #options: SamplerOptions;
  readonly #read = new Set<string>();

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  oneOf<T extends string>(name: string, accepted: readonly T[], usual: T): T {
    const text = this.#take(name);
    if (text === undefined) return usual;
    const found = accepted.find((value) => value === text);
    if (found === undefined) throw badInput(name, text, accepted.join(' or '));
    return found;
  }

  number<T extends number | null>(name: string, least: number, most: number, usual: T): number | T {
    const text = this.#take(name);
    if (text === undefined) return usual;
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw badInput(name, text, `a number from ${least} to ${most}`);
    }
    return value;
  }

  flag(name: string, usual: boolean): boolean {
    return this.oneOf(name, ['yes', 'no'], usual ? 'yes' : 'no') === 'yes';
  }

  refuseUnread(): void {
    for (const name of Object.keys(this.#options)) {
      if (!this.#read.has(name)) throw badInput('option', name, [...this.#read].join(', ') || 'no option');
    }
  }

  #take(name: string): string | undefined {
    this.#read.add(name);
    return Object.hasOwn(this.#options, name) ? this.#options[name] : undefined;
  }
}
