const WINDOW = 512;
const STEP = 320;
const RATE = 16_000;
const BANDS = 40;
const HIGHEST_HZ = 8000;
const LOWEST_HZ = 20;

/**
 * Mel-frequency cepstral coefficients, the front end of DeepSpeech: windows of 32 ms every 20 ms (Hann), power spectrum,
 * 40 triangular bands from 20 to 8,000 Hz on the mel scale, logarithm, discrete cosine transform (type 2, orthonormal).
 * `samples` are mono at 16 kHz; the result holds `coefficients` numbers a frame, row by row. Shorter than one window: one frame.
 */
export function mfcc(samples: Float32Array, coefficients: number): Float32Array {
  const frames = Math.max(1, Math.floor((samples.length - WINDOW) / STEP) + 1);
  const out = new Float32Array(frames * coefficients);
  const real = new Float64Array(WINDOW);
  const imaginary = new Float64Array(WINDOW);
  const logs = new Float64Array(BANDS);
  for (let frame = 0; frame < frames; frame++) {
    imaginary.fill(0);
    for (let i = 0; i < WINDOW; i++) real[i] = (samples[frame * STEP + i] ?? 0) * HANN[i]!;
    transform(real, imaginary);
    FILTERS.forEach((filter, band) => {
      let power = 0;
      for (const [bin, weight] of filter) power += weight * (real[bin]! ** 2 + imaginary[bin]! ** 2);
      logs[band] = Math.log(Math.max(power, 1e-10));
    });
    for (let k = 0; k < coefficients; k++) {
      let sum = 0;
      for (let band = 0; band < BANDS; band++) sum += logs[band]! * Math.cos((Math.PI * k * (2 * band + 1)) / (2 * BANDS));
      out[frame * coefficients + k] = sum * Math.sqrt((k === 0 ? 1 : 2) / BANDS);
    }
  }
  return out;
}

const HANN = Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
const FILTERS = melFilters();

function melFilters(): readonly (readonly (readonly [bin: number, weight: number])[])[] {
  const mel = (hz: number): number => 1127 * Math.log(1 + hz / 700);
  const edges = Array.from({ length: BANDS + 2 }, (_, i) => mel(LOWEST_HZ) + (i * (mel(HIGHEST_HZ) - mel(LOWEST_HZ))) / (BANDS + 1));
  return Array.from({ length: BANDS }, (_, band) => {
    const [low, middle, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    return Array.from({ length: WINDOW / 2 + 1 }, (_, bin): readonly [number, number] => {
      const at = mel((bin * RATE) / WINDOW);
      return [bin, Math.max(0, Math.min((at - low) / (middle - low), (high - at) / (high - middle)))];
    }).filter(([, weight]) => weight > 0);
  });
}

/** Fast Fourier transform in place, radix 2; the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j]!, real[i]!];
    [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
  }
  for (let size = 2; size <= n; size <<= 1) {
    const angle = (-2 * Math.PI) / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < size / 2; k++) {
        const [cos, sin] = [Math.cos(angle * k), Math.sin(angle * k)];
        const [a, b] = [start + k, start + k + size / 2];
        const re = real[b]! * cos - imaginary[b]! * sin;
        const im = real[b]! * sin + imaginary[b]! * cos;
        real[b] = real[a]! - re;
        imaginary[b] = imaginary[a]! - im;
        real[a] = real[a]! + re;
        imaginary[a] = imaginary[a]! + im;
      }
    }
  }
}
