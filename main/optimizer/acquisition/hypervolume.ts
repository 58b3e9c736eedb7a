import { normalCumulative, normalDensity } from '../../domain/normal.ts';
import type { Posterior } from '../gp/gaussian-process.ts';

/**
 * Two costs at once: expected gain of dominated area, both minimised, on the models' scales.
 *
 *   front    undominated means (a_i, b_i), a rising, b falling;  (r_a, r_b) reference point
 *   strips   [l_i, u_i) between neighbouring a's; what is not dominated there lies below h_i
 *   E_f(c)   = E[(c − f)₊] = σ (φ(u) + u Φ(u)),  u = (c − μ)/σ
 *   EHVI     = Σ_i (E_a(u_i) − E_a(l_i)) · E_b(h_i)          Emmerich et al. 2011; strips as in Yang et al. 2019
 */
export interface Front {
  readonly points: readonly (readonly [number, number])[];
  readonly reference: readonly [number, number];
}

/** Undominated pairs, the first cost rising; the reference lies a tenth of the spread beyond the worst of all pairs. */
export function frontOf(pairs: readonly (readonly [number, number])[]): Front {
  const points: [number, number][] = [];
  for (const [a, b] of [...pairs].sort((p, q) => p[0] - q[0] || p[1] - q[1])) {
    if (points.length === 0 || b < points[points.length - 1]![1]) points.push([a, b]);
  }
  const reference = ([0, 1] as const).map((side) => {
    const values = pairs.map((pair) => pair[side]);
    const worst = Math.max(...values);
    return worst + 0.1 * Math.max(worst - Math.min(...values), 1e-9);
  }) as [number, number];
  return { points, reference };
}

export function expectedHypervolumeGain({ points, reference }: Front, a: Posterior, b: Posterior): number {
  let sum = 0;
  let below = 0;
  let height = reference[1];
  for (let i = 0; i <= points.length; i++) {
    const upper = Math.min(points[i]?.[0] ?? reference[0], reference[0]);
    const upTo = expectedBelow(a, upper);
    if (height > -Infinity) sum += (upTo - below) * expectedBelow(b, height);
    below = upTo;
    height = Math.min(points[i]?.[1] ?? height, reference[1]);
  }
  return Math.max(sum, 0);
}

/** E[(c − f)₊]. */
function expectedBelow({ mean, variance }: Posterior, c: number): number {
  const sigma = Math.sqrt(variance);
  const u = (c - mean) / sigma;
  return sigma * (normalDensity(u) + u * normalCumulative(u));
}
