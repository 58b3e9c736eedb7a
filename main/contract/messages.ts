import { z } from 'zod';

/** Frames on a connection. A client numbers its calls and streams; the host answers with the same number. */
export const clientFrameSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('call'), id: z.int().nonnegative(), method: z.string().max(64), params: z.unknown() }),
  z.strictObject({ kind: z.literal('watch'), id: z.int().nonnegative(), method: z.string().max(64), params: z.unknown() }),
  z.strictObject({ kind: z.literal('unwatch'), id: z.int().nonnegative() }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

const errorSchema = z.object({
  code: z.string(), message: z.string(), hint: z.string().optional(), field: z.string().optional(), value: z.unknown().optional(),
  accepted: z.string().optional(), log: z.array(z.string()).optional(),
});
export const hostFrameSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('result'), id: z.int().nonnegative(), result: z.unknown() }),
  z.strictObject({ kind: z.literal('error'), id: z.int().nonnegative(), error: errorSchema }),
  /** `columns`: where in the item there are lists by columns (`columns.ts`). */
  z.strictObject({ kind: z.literal('item'), id: z.int().nonnegative(), item: z.unknown(), columns: z.array(z.array(z.string())).optional() }),
  z.strictObject({ kind: z.literal('end'), id: z.int().nonnegative() }),
]);
export type HostFrame = z.infer<typeof hostFrameSchema>;

/** A frame larger than this is refused unread. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;
