/**
 * A picture resized by bilinear interpolation, as TensorFlow's `resize` does with half-pixel centres.
 * @param pixels height × width × channels bytes, row by row
 */
export function resizePixels(
  { pixels, height: fromHeight, width: fromWidth, channels }: { readonly pixels: Uint8Array; readonly height: number; readonly width: number; readonly channels: number },
  height: number, width: number,
): Uint8Array {
  const out = new Uint8Array(height * width * channels);
  const at = (place: number, to: number, from: number): readonly [number, number, number] => {
    const exact = Math.min(from - 1, Math.max(0, ((place + 0.5) * from) / to - 0.5));
    const low = Math.floor(exact);
    return [low, Math.min(from - 1, low + 1), exact - low];
  };
  for (let y = 0; y < height; y++) {
    const [y0, y1, down] = at(y, height, fromHeight);
    for (let x = 0; x < width; x++) {
      const [x0, x1, across] = at(x, width, fromWidth);
      for (let c = 0; c < channels; c++) {
        const value = (row: number, column: number): number => pixels[(row * fromWidth + column) * channels + c]!;
        const top = value(y0, x0) * (1 - across) + value(y0, x1) * across;
        const bottom = value(y1, x0) * (1 - across) + value(y1, x1) * across;
        out[(y * width + x) * channels + c] = Math.round(top * (1 - down) + bottom * down);
      }
    }
  }
  return out;
}
