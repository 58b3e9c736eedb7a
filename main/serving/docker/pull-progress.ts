import type { ImageLayer, ImageProgress } from '../../domain/container-image.ts';

/** One line of the engine's answer to a pull. */
export interface PullMessage {
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

const COMPLETE = /^(Pull complete|Already exists|Download complete|Verifying Checksum)$/;
const FINISHED = /^(Pull complete|Already exists)$/;
/** Lines about the image as a whole carry its tag where layers carry their id. */
const LAYER = /^[0-9a-f]{6,64}$/;

/** Folds the engine's lines into progress per layer. */
export function createPullProgress(reference: string): { add(message: PullMessage): void; now(done?: boolean): ImageProgress } {
  const layers = new Map<string, ImageLayer>();
  return {
    add: (message: PullMessage | null) => {
      const { status = '', id = '', progressDetail } = message ?? {};
      if (typeof id !== 'string' || typeof status !== 'string' || !LAYER.test(id)) return;
      const { current, total } = progressDetail ?? {};
      const share = COMPLETE.test(status) ? 1 : current !== undefined && total !== undefined && total > 0 ? Math.min(1, current / total) : null;
      layers.set(id, { id, text: status, share });
    },
    now: (done = false) => {
      const list = [...layers.values()];
      const finished = list.filter(({ text }) => FINISHED.test(text)).length;
      const sum = list.reduce((total, { text, share }) => total + (FINISHED.test(text) ? 1 : ((share ?? 0) * (text === 'Extracting' ? 0.3 : 0.7)) + (text === 'Extracting' ? 0.7 : 0)), 0);
      return {
        reference, kind: 'pull', layers: list, done,
        text: done ? 'It is here.' : list.length === 0 ? 'Asking the registry' : `${finished} of ${list.length} layers`,
        share: done ? 1 : list.length === 0 ? null : sum / list.length,
      };
    },
  };
}
