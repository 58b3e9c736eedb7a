const HALF_WIDTH = 16;

/** Windowed-sinc resampling (Hann window, 16 zero crossings a side); the cut-off is the lower of both Nyquist rates. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const cutoff = Math.min(1, to / from);
  const reach = HALF_WIDTH / cutoff;
  const out = new Float32Array(Math.max(1, Math.round((samples.length * to) / from)));
  for (let i = 0; i < out.length; i++) {
    const centre = (i * from) / to;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    let weights = 0;
    for (let k = first; k <= last; k++) {
      const distance = k - centre;
      const weight = sinc(distance * cutoff) * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
      sum += weight * samples[k]!;
      weights += weight;
    }
    out[i] = weights === 0 ? 0 : sum / weights;
  }
  return out;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
