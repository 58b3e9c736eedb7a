import { ServescapeError } from '../../domain/errors.ts';
import { formatMs } from '../../domain/format.ts';
import { simulateCluster, type ClusterPlan } from './simulated-cluster.ts';

export interface Calibration {
  readonly factor: number;
  /** The simulated mean with that factor, ms. */
  readonly simulatedMs: number;
}

const LEAST = 1e-5;
const MOST = 1e4;
/** Of the measured mean. */
const CLOSE_ENOUGH = 0.005;
const ACCEPTABLE = 0.02;
/** Factors that are this close in their logarithm make no difference. */
const CLOSE = 0.001;

/**
 * The factor on work and way with which the simulated server has the mean round trip that was measured; by halving on a
 * logarithmic scale, because more work never makes a round trip shorter. Batch timeout and CPU periods are what they are, so a mean below
 * them cannot be reached: refused.
 */
export async function calibrate(plan: Omit<ClusterPlan, 'factor'>, measuredMs: number, signal: AbortSignal): Promise<Calibration> {
  let [low, high] = [Math.log(LEAST), Math.log(MOST)];
  let best: Calibration = { factor: NaN, simulatedMs: Infinity };
  const miss = ({ simulatedMs }: Calibration): number => Math.abs(simulatedMs / measuredMs - 1);
  while (high - low > CLOSE && !(miss(best) < CLOSE_ENOUGH)) {
    const factor = Math.exp((low + high) / 2);
    const { meanMs } = await simulateCluster({ ...plan, factor }, { signal });
    const tried = { factor, simulatedMs: meanMs };
    if (miss(tried) < miss(best)) best = tried;
    if (meanMs > measuredMs) high = Math.log(factor);
    else low = Math.log(factor);
  }
  if (miss(best) < ACCEPTABLE) return best;
  throw new ServescapeError(
    'unsupported', `The simulated server cannot be brought to the measured ${formatMs(measuredMs)}: the nearest it comes is ${formatMs(best.simulatedMs)}.`,
    { hint: 'Choose a trial with another batch timeout or CPU share.' },
  );
}
