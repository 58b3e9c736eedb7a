import { ServescapeError } from '../domain/errors.ts';
import { listValues, type Configuration, type ParameterValue } from '../domain/parameter.ts';
import type { Random } from '../domain/random.ts';
import { configurationKey, countConfigurations, sampleUniform, type SearchSpace } from '../domain/search-space.ts';
import type { SamplerRequest } from './sampler.ts';

const MOST_DRAWS = 20_000;
/** Finite spaces up to this size are listed when drawing finds nothing new. */
const MOST_LISTED = 200_000;

/** Configurations that may be asked: legal on this machine and not tried before. */
export interface OpenRegion {
  readonly isOpen: (configuration: Configuration) => boolean;
}

export function openRegion(request: SamplerRequest): OpenRegion {
  const { space, observations, pending = [], isAllowed } = request;
  const tried = new Set(
    [...observations.map(({ configuration }) => configuration), ...pending].map((c) => configurationKey(space, c)),
  );
  return { isOpen: (configuration) => !tried.has(configurationKey(space, configuration)) && isAllowed(configuration) };
}

/**
 * Uniform over the allowed configurations not tried yet, by rejection.
 * Null when a finite space is exhausted; a typed refusal when the machine allows nothing.
 */
export function drawOpen(request: SamplerRequest, region: OpenRegion, random: Random): Configuration | null {
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const configuration = sampleUniform(request.space, random);
    if (region.isOpen(configuration)) return configuration;
  }
  if (countConfigurations(request.space) > MOST_LISTED) throw nothingAllowed(request, random);
  let someAllowed = false;
  const open: Configuration[] = [];
  for (const configuration of listConfigurations(request.space)) {
    if (region.isOpen(configuration)) open.push(configuration);
    else someAllowed ||= request.isAllowed(configuration);
  }
  if (open.length > 0) return open[random.integer(0, open.length - 1)]!;
  if (someAllowed) return null;
  throw nothingAllowed(request, random);
}

/** Every configuration of a finite space, the last parameter running fastest. */
export function* listConfigurations(space: SearchSpace): Generator<Configuration> {
  const lists = space.map((parameter) => listValues(parameter) ?? [single(parameter)]);
  const total = lists.reduce((product, list) => product * list.length, 1);
  for (let index = 0; index < total; index++) {
    let rest = index;
    const values: ParameterValue[] = [];
    for (let j = lists.length - 1; j >= 0; j--) {
      const list = lists[j]!;
      values[j] = list[rest % list.length]!;
      rest = Math.floor(rest / list.length);
    }
    yield Object.fromEntries(space.map(({ name }, j) => [name, values[j]!]));
  }
}

function single(parameter: SearchSpace[number]): ParameterValue {
  if (parameter.kind === 'real' && parameter.low === parameter.high) return parameter.low;
  throw new Error(`${parameter.name} is continuous and cannot be listed`);
}

function nothingAllowed({ space, brokenRule }: SamplerRequest, random: Random): ServescapeError {
  const rule = brokenRule?.(sampleUniform(space, random)) ?? null;
  return new ServescapeError(
    'bad-input',
    `No configuration could be drawn: every one tried is ruled out by the machine${rule === null ? '' : ` (${rule})`} or was measured before.`,
    {
      field: 'space',
      accepted: 'a search space of which a part fits the machine',
      hint: 'Lower the smallest replicas, CPU or memory, or raise the largest batch size, until some of the space fits.',
    },
  );
}
