import { unusable } from '../data-error.ts';

const SIDE_MAX = 4096;

/** Before anything is allocated: a damaged header may promise any size. */
export function checkImageSize(name: string, height: number, width: number): void {
  if (height >= 1 && width >= 1 && height <= SIDE_MAX && width <= SIDE_MAX) return;
  throw unusable(name, `it promises images of ${height} × ${width} pixels; 1 to ${SIDE_MAX} a side can be read`);
}
