import { z } from 'zod';

/** What the page tells the shell about its commands, for the native menu. */
export const offerParams = z.strictObject({
  commands: z.array(z.strictObject({ id: z.string().max(64), label: z.string().max(200), disabled: z.boolean() })).max(300),
});
export const zoomParams = z.strictObject({ by: z.union([z.literal(-1), z.literal(0), z.literal(1)]) });
export type OfferedCommand = z.infer<typeof offerParams>['commands'][number];

/** A command chosen in the native menu. */
export interface ShellEvent {
  readonly kind: 'command';
  readonly id: string;
}

/** What only a desktop window can do; a page in a browser is refused with `unsupported`. */
export interface Shell {
  offer(commands: readonly OfferedCommand[]): void;
  /** 0: the usual size. */
  zoom(by: -1 | 0 | 1): void;
  openFolder(path: string): Promise<void>;
  showFile(path: string): void;
  watch(listener: (event: ShellEvent) => void): () => void;
}
