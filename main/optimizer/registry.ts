import { badInput } from '../domain/errors.ts';
import { bayesSampler, DEFAULT_BAYES, PLAIN_BAYES, type BayesOptions } from './bayes-sampler.ts';
import { epsilonGreedySampler } from './epsilon-greedy-sampler.ts';
import { gridSampler } from './grid-sampler.ts';
import { randomSampler, sobolSampler } from './random-sampler.ts';
import type { Sampler } from './sampler.ts';
import { DEFAULT_TPE, tpeSampler } from './tpe-sampler.ts';

/** Options as they are typed on a command line. */
export type SamplerOptions = Readonly<Record<string, string>>;

/** What a start of a run fixes from outside; null leaves it to the sampler. */
export interface SamplerSetup {
  readonly startupTrials: number | null;
}

type Build = (options: OptionReader, setup: SamplerSetup) => Sampler;

const BUILDERS: Readonly<Record<string, Build>> = {
  bayes: (options, setup) => bayesSampler(bayesOptions(options, setup, DEFAULT_BAYES)),
  random: () => randomSampler(),
  sobol: () => sobolSampler(),
  grid: (options) => gridSampler(options.number('levels', 1, 1000, 3)),
  'epsilon-greedy': (options) => epsilonGreedySampler(options.number('epsilon', 0, 1, 0.3)),
  tpe: (options, { startupTrials }) => tpeSampler({
    startupTrials: options.number('startup-trials', 1, 10_000, startupTrials ?? DEFAULT_TPE.startupTrials),
    gamma: options.number('gamma', 0.01, 0.5, DEFAULT_TPE.gamma),
    draws: options.number('draws', 1, 10_000, DEFAULT_TPE.draws),
  }),
  /** The report's procedure: 25 random configurations, then expected improvement. */
  paper: (options, setup) =>
    bayesSampler(bayesOptions(options, { startupTrials: setup.startupTrials ?? 25 }, PLAIN_BAYES), 'paper'),
  /** A textbook search with five random configurations: the yardstick. */
  'plain-ei': (options, setup) =>
    bayesSampler(bayesOptions(options, { startupTrials: setup.startupTrials ?? 5 }, PLAIN_BAYES), 'plain-ei'),
};

export const SAMPLER_NAMES = Object.keys(BUILDERS);

/** Throws a typed refusal that names the option, its value and what would be accepted. */
export function createSampler(name: string, options: SamplerOptions, setup: SamplerSetup): Sampler {
  const build = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  if (build === undefined) throw badInput('name', name, SAMPLER_NAMES.join(', '));
  const reader = new OptionReader(options);
  const sampler = build(reader, setup);
  reader.refuseUnread();
  return sampler;
}

function bayesOptions(options: OptionReader, { startupTrials }: SamplerSetup, usual: BayesOptions): BayesOptions {
  const kind = options.oneOf('acquisition', ['expected-improvement', 'confidence-bound'], usual.acquisition.kind);
  const xi = options.number('xi', 0, 10, 1e-4);
  const beta = options.number('beta', 0, 10, 2);
  const { fit } = usual;
  const { logLengthScale, logNoiseVariance } = fit.priors;
  return {
    startup: {
      kind: options.oneOf('startup', ['sobol', 'random'], usual.startup.kind),
      trials: options.number('startup-trials', 1, 10_000, startupTrials),
    },
    acquisition: kind === 'expected-improvement' ? { kind, xi } : { kind, beta },
    local: options.flag('local', usual.local !== null) ? { halfWidth: options.number('half-width', 0.01, 1, usual.local?.halfWidth ?? 0.2), beta } : null,
    repeats: options.flag('repeats', usual.repeats),
    classify: options.flag('classify', usual.classify),
    measurementError: options.flag('roughness', usual.measurementError !== null) ? options.number('measurement-error', 0.001, 10, usual.measurementError ?? 0.1) : null,
    incumbent: options.oneOf('incumbent', ['posterior-mean', 'observed'], usual.incumbent),
    fit: {
      ...fit,
      transformOutput: options.flag('transform', fit.transformOutput),
      additivePart: options.flag('additive', fit.additivePart),
      ownNoise: options.flag('own-noise', fit.ownNoise),
      priors: {
        ...fit.priors,
        logLengthScale: {
          mean: Math.log(options.number('length', 0.01, 100, Math.exp(logLengthScale.mean))),
          deviation: options.number('length-spread', 0.05, 5, logLengthScale.deviation),
        },
        logNoiseVariance: {
          mean: Math.log(options.number('noise', 1e-6, 10, Math.exp(logNoiseVariance.mean))),
          deviation: options.number('noise-spread', 0.05, 5, logNoiseVariance.deviation),
        },
      },
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
