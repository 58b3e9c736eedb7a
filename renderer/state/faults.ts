import { studySpecSchema } from '../../main/domain/study-spec.ts';

/** One field that cannot be used as it is. */
export interface Fault {
  /** Where: "space.1.low". */
  readonly path: string;
  /** One sentence: what would be accepted. */
  readonly text: string;
}

/** Every fault of a form, in its order, judged by the schema the host uses; one per field. */
export function findFaults(value: unknown): readonly Fault[] {
  const parsed = studySpecSchema.safeParse(value);
  if (parsed.success) return [];
  const faults = new Map<string, Fault>();
  for (const issue of parsed.error.issues) {
    const path = issue.path.join('.');
    if (!faults.has(path)) faults.set(path, { path, text: issue.message });
  }
  return [...faults.values()];
}
