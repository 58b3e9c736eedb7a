import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import { findFaults, type Fault } from './faults.ts';
import { lockOf, type Lock } from './lock.ts';
import { valueAt, withValue } from './paths.ts';
import type { StudyView } from './study.svelte.ts';

/** The spec as it stands in the form: any field may hold something that is not acceptable yet (null: empty). */
export type Draft = StudySpec;

const SAVE_AFTER_MS = 300;
const STEPS_MAX = 200;

/** One edit: how it is taken back and made again. */
interface Step {
  readonly key: string;
  readonly back: () => void;
  readonly forth: () => void;
}

/**
 * The form's side of a study's spec: edits with undo, judged by the schema the host uses, saved as typed whenever it is
 * acceptable. Values are replaced, never changed in place.
 */
export class StudyDraft {
  value: Draft = $state.raw()!;
  readonly faults: readonly Fault[] = $derived.by(() => findFaults(this.value));
  /** The last acceptable form; charts keep showing it while a field is being corrected. */
  acceptable: StudySpec = $state.raw()!;
  /** Path of the field that has the focus; its fault waits until it is left. */
  editing: string | null = $state(null);
  #undo: readonly Step[] = $state.raw([]);
  #redo: readonly Step[] = $state.raw([]);
  #shown: readonly string[] = $state.raw([]);
  #saved: string;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #mergeKey = '';
  readonly #view: StudyView;
  readonly #onError: (error: unknown) => void;
  readonly #readOnly: () => boolean;
  readonly #stopListening: () => void;

  constructor(view: StudyView, onError: (error: unknown) => void, readOnly: () => boolean = () => false) {
    this.#view = view;
    this.#readOnly = readOnly;
    this.#onError = onError;
    this.value = view.study.spec;
    this.acceptable = view.study.spec;
    this.#saved = JSON.stringify(view.study.spec);
    this.#stopListening = view.onEvent((event, study) => {
      if (event.kind === 'spec-changed') this.#adopt(study.spec);
      if (event.kind === 'run-started') this.#forgetHistory();
    });
  }

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  /** Something stands in the form that the file does not have: typed just now, or not acceptable yet. */
  get isUnsaved(): boolean {
    return this.faults.length > 0 || this.#timer !== null;
  }

  /** What may not be changed now, and why. */
  get lock(): Lock {
    return lockOf(this.#view.study, this.#readOnly());
  }

  /** What stands at "space.1.low". */
  at(path: string): unknown {
    return valueAt(this.value, path);
  }

  /** Puts a value at a path; whatever is typed may stand there until it is acceptable. */
  put(path: string, value: unknown): void {
    if (Object.is(this.at(path), value)) return;
    this.edit(path, (draft) => withValue(path === 'environment.concurrency' ? namedFor(draft, value) : draft, path, value));
  }

  /** Replaces the form. Edits with the same key, one after the other, are one step of undo. */
  edit(key: string, change: (value: Draft) => Draft): void {
    const next = change(this.value);
    if (next === this.value) return;
    const before = this.value;
    this.step({ key, back: () => this.#set(before), forth: () => this.#set(next) });
  }

  /** Makes an edit that can be undone, of the form or of something beside it. */
  step(made: Step): void {
    const last = this.#undo.at(-1);
    const merged = last !== undefined && made.key === this.#mergeKey ? { ...made, back: last.back } : null;
    this.#undo = merged === null ? [...this.#undo.slice(1 - STEPS_MAX), made] : [...this.#undo.slice(0, -1), merged];
    this.#mergeKey = made.key;
    this.#redo = [];
    made.forth();
  }

  undo(): void {
    const last = this.#undo.at(-1);
    if (!last) return;
    this.#undo = this.#undo.slice(0, -1);
    this.#redo = [...this.#redo, last];
    this.#mergeKey = '';
    last.back();
  }

  redo(): void {
    const last = this.#redo.at(-1);
    if (!last) return;
    this.#redo = this.#redo.slice(0, -1);
    this.#undo = [...this.#undo, last];
    this.#mergeKey = '';
    last.forth();
  }

  enter(path: string): void {
    this.editing = path;
  }

  /** A field was left: from now on its fault shows at once, and the next edit is a new step of undo. */
  leave(path: string): void {
    if (this.editing === path) this.editing = null;
    this.#mergeKey = '';
    const others = this.#shown.filter((other) => other !== path);
    this.#shown = this.faults.some((fault) => fault.path === path) ? [...others, path] : others;
  }

  /** Shows the fault of a field at once, whether it was left or not. */
  reveal(path: string): void {
    this.#shown = [...this.#shown, path];
  }

  /** The fault to show at a field, or null. The one being typed in is left in peace until it is left. */
  faultAt(path: string): Fault | null {
    if (this.editing === path && !this.#shown.includes(path)) return null;
    return this.faults.find((fault) => fault.path === path) ?? null;
  }

  /** Sends what has not been sent yet. A form with faults stays unsent. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const parsed = studySpecSchema.safeParse(this.value);
    if (!parsed.success) return;
    const text = JSON.stringify(parsed.data);
    if (text === this.#saved) return;
    const before = this.#saved;
    this.#saved = text;
    try {
      await this.#view.update(parsed.data);
    } catch (error) {
      this.#saved = before;
      throw error;
    }
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stopListening();
  }

  #set(next: Draft): void {
    this.value = next;
    const parsed = studySpecSchema.safeParse(next);
    if (!parsed.success) return;
    this.acceptable = parsed.data;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush().catch(this.#onError), SAVE_AFTER_MS);
  }

  /** What was measured belongs to the spec as it was then: going back before it would make trials incomparable. */
  #forgetHistory(): void {
    this.#undo = [];
    this.#redo = [];
    this.#mergeKey = '';
  }

  /** Our own edits come back as events; anything else was changed elsewhere and replaces the form. */
  #adopt(spec: StudySpec): void {
    if (JSON.stringify(spec) === this.#saved || this.#timer !== null) return;
    this.#saved = JSON.stringify(spec);
    this.value = spec;
    this.acceptable = spec;
  }
}

/** “Digits, 20 concurrent” says what it is measured under: the name follows. */
function namedFor(draft: Draft, concurrency: unknown): Draft {
  const name = valueAt(draft, 'name');
  if (typeof name !== 'string' || !Number.isInteger(concurrency)) return draft;
  return withValue(draft, 'name', name.replace(/\b\d+ concurrent\b/, `${concurrency as number} concurrent`));
}
