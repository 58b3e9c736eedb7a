/** One sample of a data set, as read from its file. */
export interface ImageItem {
  readonly kind: 'image';
  readonly height: number;
  readonly width: number;
  /** 1 grey, 3 red-green-blue. */
  readonly channels: 1 | 3;
  /** Row by row, channels last. */
  readonly pixels: Uint8Array;
  /** The JPEG file it came from, sent as it is to models that take JPEG bytes. */
  readonly jpeg?: Buffer;
}

export interface TextItem {
  readonly kind: 'text';
  readonly text: string;
  readonly tokens: readonly string[];
}

export interface AudioItem {
  readonly kind: 'audio';
  /** Mono, 16,000 a second, −1 to 1. */
  readonly samples: Float32Array;
}

export type CellValue = number | string | boolean | null | readonly CellValue[];

export interface RowItem {
  readonly kind: 'row';
  readonly values: Readonly<Record<string, CellValue>>;
}

export type Item = ImageItem | TextItem | AudioItem | RowItem;

export interface DataSet {
  readonly kind: Item['kind'];
  readonly items: readonly Item[];
  /** "300 images of 32 × 32 × 3 from test_32x32.mat" */
  readonly words: string;
}
