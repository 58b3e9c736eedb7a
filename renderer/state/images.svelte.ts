import type { Client } from '../../main/contract/client.ts';
import type { ImageList, ImageProgress } from '../../main/domain/container-image.ts';
import type { ServescapeError } from '../../main/domain/errors.ts';

/** Images of the engine, and the one that is being fetched or built. */
export class ImagesState {
  list: ImageList | null = $state.raw(null);
  progress: ImageProgress | null = $state.raw(null);
  problem: string | null = $state(null);
  #leave: (() => void) | null = null;
  readonly #client: () => Client;

  constructor(client: () => Client) {
    this.#client = client;
  }

  get busy(): boolean {
    return this.progress !== null && !this.progress.done;
  }

  async look(): Promise<void> {
    this.list = await this.#client().call('images.list', {});
  }

  /** Builds or fetches; progress comes in as it happens. */
  prepare(reference: string): void {
    if (this.busy) return;
    this.problem = null;
    this.progress = { reference, kind: 'pull', text: 'Asking Docker', share: null, layers: [], done: false };
    const over = (): void => {
      this.#leave = null;
      void this.look().catch(() => undefined);
    };
    this.#leave = this.#client().watch('images.prepare', { reference }, {
      onItem: (progress) => (this.progress = progress),
      onEnd: over,
      onError: (error: ServescapeError) => {
        this.progress = null;
        this.problem = [error.message, error.details.hint].filter(Boolean).join(' ');
        over();
      },
    });
  }

  cancel(): void {
    this.#leave?.();
    this.#leave = null;
    this.progress = null;
  }
}
