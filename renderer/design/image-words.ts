import type { ImageList } from '../../main/domain/container-image.ts';
import { BUNDLED_IMAGE } from '../../main/domain/study-spec.ts';

export function isBundled(image: string): boolean {
  return image === BUNDLED_IMAGE || image.startsWith(`${BUNDLED_IMAGE}:`);
}

/** What the field shows: the bundled server is never called TensorFlow Serving. */
export function shownImage(image: string): string {
  return isBundled(image) ? 'Bundled server' : image;
}

/** Whether the bundled server's image is there. */
export function bundledWords(list: ImageList | null): string {
  if (list === null || list.problem !== null) return '';
  switch (list.bundled.state) {
    case 'ready':
      return 'Its image is built.';
    case 'outdated':
      return 'Its image is from an earlier version; the next trial builds it again.';
    case 'absent':
      return 'The first trial builds its image.';
    case 'impossible':
      return 'It cannot be built on this machine.';
  }
}
