import type { Client } from '../../main/contract/client.ts';
import type { StudyPlan } from '../../main/contract/values.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

const ASK_AFTER_MS = 200;

/** What Start would mean, asked from the host a moment after the last edit. The last answer stays until the next. */
export class PlanState {
  plan: StudyPlan | null = $state.raw(null);
  /** The form the plan is about. */
  spec: StudySpec | null = $state.raw(null);
  problem = $state('');
  readonly #client: () => Client;
  readonly #of: { readonly projectId: string; readonly studyId: string };
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asked = 0;

  constructor(client: () => Client, of: { readonly projectId: string; readonly studyId: string }) {
    this.#client = client;
    this.#of = of;
  }

  /** Asks soon; an answer that is overtaken by a newer question is dropped. */
  ask(spec: StudySpec): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send(spec), this.plan === null ? 0 : ASK_AFTER_MS);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#asked++;
  }

  async #send(spec: StudySpec): Promise<void> {
    const mine = ++this.#asked;
    try {
      const plan = await this.#client().call('study.plan', { spec, of: { projectId: this.#of.projectId, studyId: this.#of.studyId } });
      if (mine !== this.#asked) return;
      this.plan = plan;
      this.spec = spec;
      this.problem = '';
    } catch (error) {
      if (mine === this.#asked) this.problem = (error as Error).message;
    }
  }
}
