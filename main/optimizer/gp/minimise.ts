/**
 * Smooth minimisation in a box: L-BFGS with projected steps (Nocedal & Wright 2006, Alg. 7.4 for the direction;
 * Bertsekas 1982 for the active set: a coordinate at its bound whose gradient points outwards stays there).
 *
 *   x, lower, upper, gradient   shape (m)
 */
export interface Objective {
  /** Value at `x`; writes the gradient. May return Infinity where the function is not defined. */
  (x: Float64Array, gradient: Float64Array): number;
}

export interface MinimiseOptions {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly mostIterations: number;
  /** Stops when the projected gradient's largest entry falls below this. */
  readonly gradientTolerance: number;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
}

const MEMORY = 8;
const MOST_BACKTRACKS = 20;
const ARMIJO = 1e-4;

export function minimise(objective: Objective, start: Float64Array, options: MinimiseOptions): Minimum {
  const { lower, upper } = options;
  const m = start.length;
  let x = start.map((v, i) => Math.min(Math.max(v, lower[i]!), upper[i]!));
  let gradient = new Float64Array(m);
  let value = objective(x, gradient);
  const history: { s: Float64Array; y: Float64Array; sy: number }[] = [];
  for (let iteration = 0; iteration < options.mostIterations; iteration++) {
    const free = x.map((v, i) => ((v <= lower[i]! && gradient[i]! > 0) || (v >= upper[i]! && gradient[i]! < 0) ? 0 : 1));
    const steepest = gradient.map((g, i) => -g * free[i]!);
    if (largest(steepest) < options.gradientTolerance) break;
    let direction = twoLoop(history, steepest).map((v, i) => v * free[i]!);
    if (!(dot(direction, gradient) < 0)) direction = steepest;
    let length = history.length === 0 ? Math.min(1, 1 / largest(steepest)) : 1;
    const nextGradient = new Float64Array(m);
    let next: Float64Array<ArrayBuffer> | null = null;
    let nextValue = value;
    for (let attempt = 0; attempt < MOST_BACKTRACKS; attempt++, length /= 2) {
      const trial = x.map((v, i) => Math.min(Math.max(v + length * direction[i]!, lower[i]!), upper[i]!));
      const trialValue = objective(trial, nextGradient);
      const descent = trial.reduce((sum, v, i) => sum + (v - x[i]!) * gradient[i]!, 0);
      if (trialValue <= value + ARMIJO * descent && descent < 0) {
        next = trial;
        nextValue = trialValue;
        break;
      }
    }
    if (next === null) {
      if (history.length === 0) break;
      history.length = 0;
      continue;
    }
    const s = next.map((v, i) => v - x[i]!);
    const y = nextGradient.map((g, i) => g - gradient[i]!);
    const sy = dot(s, y);
    if (sy > 1e-10) {
      history.push({ s, y, sy });
      if (history.length > MEMORY) history.shift();
    }
    const gain = value - nextValue;
    x = next;
    value = nextValue;
    gradient = nextGradient;
    if (gain < 1e-7 * (1 + Math.abs(value))) break;
  }
  return { x, value };
}

/** H·v with the inverse Hessian approximated from the last steps (Nocedal & Wright, Alg. 7.4). */
function twoLoop(
  history: readonly { s: Float64Array; y: Float64Array; sy: number }[], v: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  const q = v.slice();
  const alphas: number[] = [];
  for (let k = history.length - 1; k >= 0; k--) {
    const { s, y, sy } = history[k]!;
    const alpha = dot(s, q) / sy;
    alphas[k] = alpha;
    for (let i = 0; i < q.length; i++) q[i] = q[i]! - alpha * y[i]!;
  }
  const last = history[history.length - 1];
  const scale = last === undefined ? 1 : last.sy / dot(last.y, last.y);
  for (let i = 0; i < q.length; i++) q[i] = q[i]! * scale;
  for (let k = 0; k < history.length; k++) {
    const { s, y, sy } = history[k]!;
    const beta = dot(y, q) / sy;
    for (let i = 0; i < q.length; i++) q[i] = q[i]! + (alphas[k]! - beta) * s[i]!;
  }
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function largest(a: Float64Array): number {
  let most = 0;
  for (const v of a) most = Math.max(most, Math.abs(v));
  return most;
}
