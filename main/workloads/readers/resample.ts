const HALF_WIDTH = 16;

/**
 * Windowed-sinc resampling (Hann window, 16 zero crossings a side); the cut-off is the lower of both Nyquist rates. The
 * weights repeat after `to` ÷ gcd samples and are made once per phase.
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const divisor = greatestCommonDivisor(from, to);
  const [down, up] = [from / divisor, to / divisor];
  const cutoff = Math.min(1, to / from);
  const reach = HALF_WIDTH / cutoff;
  const phases = new Map<number, Float64Array>();
  const out = new Float32Array(Math.max(1, Math.round((samples.length * to) / from)));
  for (let i = 0; i < out.length; i++) {
    const whole = Math.floor((i * down) / up);
    const phase = (i * down) % up;
    let weights = phases.get(phase);
    if (weights === undefined) phases.set(phase, (weights = weightsAt(phase / up, reach, cutoff)));
    const first = whole - Math.floor(reach);
    let sum = 0;
    let total = 0;
    for (let k = Math.max(0, -first); k < weights.length && first + k < samples.length; k++) {
      sum += weights[k]! * samples[first + k]!;
      total += weights[k]!;
    }
    out[i] = total === 0 ? 0 : sum / total;
  }
  return out;
}

/** Weights of the samples around a point that lies `offset` after one of them; the first belongs to `reach` samples before it. */
function weightsAt(offset: number, reach: number, cutoff: number): Float64Array {
  const before = Math.floor(reach);
  return Float64Array.from({ length: 2 * before + 2 }, (_, k) => {
    const distance = k - before - offset;
    if (Math.abs(distance) > reach) return 0;
    return sinc(distance * cutoff) * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
  });
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
