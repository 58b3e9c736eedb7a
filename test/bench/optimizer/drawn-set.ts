import type { Configuration, Parameter } from '../../../main/domain/parameter.ts';
import { createRandom, type Random } from '../../../main/domain/random.ts';
import { encodeValue, sampleUniform, type SearchSpace } from '../../../main/domain/search-space.ts';
import { categorical, integer, ordinal, queueMs, real, type Surface } from './surface.ts';

/**
 * Systems drawn at random: their knobs, what each does, which work together, where they crash, how noisy they are. Every
 * number nobody tried before is a hold-out set.
 *
 *   t_j     where knob j stands by its effect, 0 to 1; one in four effects goes by another scale than the space says
 *   S       Σ_j w_j f_j(t_j) + Σ_(i,j) w_ij g(t_i, t_j), standardised over random configurations
 *   cost    b · exp(a S),  b · (c + S), or a queue whose service time is exp(a S)
 */
export function drawnSet(seed: string, count = 16): readonly Surface[] {
  return Array.from({ length: count }, (_, i) => drawSurface(`drawn ${seed}-${i + 1}`));
}

type Shape = (t: number) => number;

function drawSurface(name: string): Surface {
  const random = createRandom(name);
  const d = random.integer(3, 8);
  const space: SearchSpace = Array.from({ length: d }, (_, j) => drawParameter(`p${j + 1}`, random));
  const positions = space.map((parameter) => drawPosition(parameter, random));
  const terms = space.map((parameter) => ({ weight: random.next() < 0.3 ? 0.04 : Math.exp(0.7 * random.normal()), shape: drawShape(parameter, random) }));
  const pairs = Array.from({ length: random.integer(0, 3) }, () => drawPair(d, random));
  const raw = (c: Configuration): number => {
    const t = positions.map((position, j) => position(c[space[j]!.name]!));
    return terms.reduce((sum, { weight, shape }, j) => sum + weight * shape(t[j]!), 0)
      + pairs.reduce((sum, { weight, i, j, effect }) => sum + weight * effect(t[i]!, t[j]!), 0);
  };
  const draws = Array.from({ length: 600 }, () => sampleUniform(space, random));
  const values = draws.map(raw).sort((a, b) => a - b);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  const standard = (c: Configuration): number => (raw(c) - mean) / spread;
  const base = Math.exp(random.integer(0, 4));
  const combined = drawCost(base, random.next(), 0.3 + 0.6 * random.next(), 0.1 + 0.4 * random.next(), (values[0]! - mean) / spread);
  const wall = random.next() < 0.45 ? drawWall(positions, space, draws, random) : () => false;
  const limit = random.next() < 0.35 ? drawLimit(positions, space, draws, random) : () => true;
  return {
    name, space, isAllowed: limit,
    noise: { sigma: [0.02, 0.05, 0.06, 0.1, 0.15][random.integer(0, 4)]!, bursts: [0, 0.05, 0.1][random.integer(0, 2)]! },
    cost: (c) => (wall(c) ? null : combined(standard(c))),
  };
}

function drawParameter(name: string, random: Random): Parameter {
  const pick = random.next();
  const high = [6, 10, 16, 32, 64, 200][random.integer(0, 5)]!;
  if (pick < 0.4) return integer(name, 1, high, high > 20 && random.next() < 0.6 ? 'log' : 'linear');
  if (pick < 0.7) return random.next() < 0.5 ? real(name, 0.01 * high, high, 'log') : real(name, 0, high);
  if (pick < 0.88) return ordinal(name, Array.from({ length: random.integer(4, 9) }, (_, i) => 2 ** i));
  return categorical(name, ['a', 'b', 'c', 'd', 'e'].slice(0, random.integer(2, 5)));
}

/** 0 to 1 by the scale the effect goes by. */
function drawPosition(parameter: Parameter, random: Random): (value: number | string) => number {
  const other = random.next() < 0.25;
  return (value) => {
    const u = encodeValue(parameter, value);
    if (!other || parameter.kind === 'categorical') return u;
    // A linear scale read as a logarithmic one, and the other way round.
    const isLog = parameter.kind === 'ordinal' || parameter.scale === 'log';
    return isLog ? (30 ** u - 1) / 29 : Math.log(1 + 29 * u) / Math.log(30);
  };
}

function drawShape(parameter: Parameter, random: Random): Shape {
  if (parameter.kind === 'categorical') {
    const offsets = parameter.values.map(() => 0.5 * random.normal());
    return (t) => offsets[Math.min(Math.floor(t * offsets.length), offsets.length - 1)]!;
  }
  const centre = 0.05 + 0.9 * random.next();
  const rate = 3 + 9 * random.next();
  const steps = random.integer(2, 5);
  const up = random.next() < 0.5;
  const side = (t: number): number => (up ? t : 1 - t);
  const shapes: readonly Shape[] = [
    (t) => 4 * (t - centre) ** 2,
    (t) => 2 * Math.abs(t - centre),
    (t) => Math.exp(-rate * side(t)),
    (t) => 1.2 * Math.exp(-rate * side(t)) + 0.8 * side(t),
    (t) => 1 / (1 + Math.exp(-2 * rate * (side(t) - centre))),
    (t) => Math.ceil(steps * side(t)) / steps - 0.6 * side(t),
    (t) => 3 * (t - centre) ** 2 + 0.25 * Math.cos(2 * Math.PI * steps * t),
    (t) => 0.15 / (0.08 + side(t)) + 0.9 * side(t) ** 2,
  ];
  return shapes[random.integer(0, shapes.length - 1)]!;
}

function drawPair(d: number, random: Random): { weight: number; i: number; j: number; effect: (s: number, t: number) => number } {
  const i = random.integer(0, d - 1);
  const j = (i + random.integer(1, d - 1)) % d;
  const sum = 0.5 + random.next();
  const centre = 0.2 + 0.6 * random.next();
  const effects: readonly ((s: number, t: number) => number)[] = [
    (s, t) => 3 * (s + t - sum) ** 2,
    (s, t) => 4 * (s - centre - 0.6 * (t - 0.5)) ** 2,
    (s, t) => 2 * Math.max(s, 1 - t),
    (s, t) => 2 * (s - centre) * (t - 0.5),
    (s, t) => Math.exp(-6 * s * t),
  ];
  return { weight: Math.exp(0.5 * random.normal()), i, j, effect: effects[random.integer(0, effects.length - 1)]! };
}

function drawCost(base: number, kind: number, steepness: number, floor: number, lowest: number): (s: number) => number {
  if (kind < 0.45) return (s) => base * Math.exp(steepness * s);
  if (kind < 0.8) return (s) => base * (floor + s - lowest + 0.5 * Math.max(lowest - s, 0));
  return (s) => base * queueMs(4, Math.exp(steepness * s), 2.2 * Math.exp(-0.6 * steepness));
}

type Position = (value: number | string) => number;
type Test = (c: Configuration) => boolean;

/** A tenth to a half of the space dies beyond a line through two or three knobs. */
function drawWall(positions: readonly Position[], space: SearchSpace, draws: readonly Configuration[], random: Random): Test {
  const tilts = space.map((_, j) => (j < 3 ? random.normal() : 0));
  const height = (c: Configuration): number => space.reduce((sum, { name }, j) => sum + tilts[j]! * positions[j]!(c[name]!), 0);
  const edge = quantile(draws.map(height), 0.5 + 0.4 * random.next());
  return (c) => height(c) > edge;
}

/** The product of two knobs fits the machine. */
function drawLimit(positions: readonly Position[], space: SearchSpace, draws: readonly Configuration[], random: Random): Test {
  const need = (c: Configuration): number => (0.1 + positions[0]!(c[space[0]!.name]!)) * (0.1 + positions[1]!(c[space[1]!.name]!));
  const most = quantile(draws.map(need), 0.6 + 0.3 * random.next());
  return (c) => need(c) <= most;
}

function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!;
}
