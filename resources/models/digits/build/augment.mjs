/** Small random shifts, turns and stretches: what a hand does differently each time. */
import { SIDE } from './digits.mjs';

const SHIFT_PIXELS = 2;
const TURN_RADIANS = 0.2;
const STRETCH = 0.12;
const CENTRE = (SIDE - 1) / 2;

/**
 * Draws one warped copy of a digit (bilinear, outside is background).
 * @param {Uint8Array} pixels @param {() => number} random
 * @param {Float32Array} out @param {number} at offset of the copy in `out`
 */
export function drawWarped(pixels, random, out, at) {
  const around = (width) => (random() * 2 - 1) * width;
  const turn = around(TURN_RADIANS);
  const scaleX = 1 + around(STRETCH);
  const scaleY = 1 + around(STRETCH);
  const shear = around(STRETCH);
  const shiftX = around(SHIFT_PIXELS);
  const shiftY = around(SHIFT_PIXELS);
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const dx = (x - CENTRE) * scaleX;
      const dy = (y - CENTRE) * scaleY;
      const fromX = CENTRE + cos * dx - (sin - shear) * dy + shiftX;
      const fromY = CENTRE + sin * dx + cos * dy + shiftY;
      out[at + y * SIDE + x] = sample(pixels, fromX, fromY);
    }
  }
}

function sample(pixels, x, y) {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const top = pixelAt(pixels, x0, y0) * (1 - fx) + pixelAt(pixels, x0 + 1, y0) * fx;
  const bottom = pixelAt(pixels, x0, y0 + 1) * (1 - fx) + pixelAt(pixels, x0 + 1, y0 + 1) * fx;
  return (top * (1 - fy) + bottom * fy) / 255;
}

function pixelAt(pixels, x, y) {
  return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : pixels[y * SIDE + x];
}

