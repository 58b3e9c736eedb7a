import type { ErrorData } from './errors.ts';

/** An image that is on the engine's machine. */
export interface ContainerImage {
  readonly reference: string;
  readonly sizeMb: number;
  /** Known to be started and asked as TensorFlow Serving is; any other may be too. */
  readonly serves: boolean;
}

export interface ImageList {
  /** "Docker 27.1.0 at the usual socket"; with `problem` nothing could be asked. */
  readonly engine: string;
  /** Whether it runs on this machine, so that its GPUs are ours. */
  readonly engineIsLocal: boolean;
  readonly problem: ErrorData | null;
  /** The server that comes with this program, as an image: made here, without a registry. */
  readonly bundled: { readonly reference: string; readonly state: 'ready' | 'outdated' | 'absent' | 'impossible' };
  readonly images: readonly ContainerImage[];
}

export interface ImageLayer {
  readonly id: string;
  /** The engine's word: "Downloading", "Extracting", "Pull complete". */
  readonly text: string;
  /** 0–1; null when the engine does not say. */
  readonly share: number | null;
}

/** How far fetching or building an image is. */
export interface ImageProgress {
  readonly reference: string;
  readonly kind: 'pull' | 'build';
  /** "3 of 7 layers" */
  readonly text: string;
  /** Over all layers, 0–1; null when unknown. */
  readonly share: number | null;
  readonly layers: readonly ImageLayer[];
  readonly done: boolean;
}
