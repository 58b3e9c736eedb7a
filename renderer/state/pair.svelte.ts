import { StudyView } from './study.svelte.ts';
import type { Client } from '../../main/contract/client.ts';
import type { ProjectInfo } from '../../main/contract/values.ts';

export interface PairChoice {
  readonly key: string;
  /** "Digits, 20 concurrent", with the project's name where it is another file. */
  readonly label: string;
  readonly projectId: string;
  readonly studyId: string;
}

/** Two studies beside each other, of the open project or of other files that are opened only to be looked at. */
export class PairView {
  left: StudyView | null = $state.raw(null);
  right: StudyView | null = $state.raw(null);
  readonly choices: readonly PairChoice[] = $derived.by(() => [
    ...this.#project.studies.map((study) => choiceOf(this.#project, study, '')),
    ...this.#others.flatMap((other) => other.studies.map((study) => choiceOf(other, study, `${other.name}: `))),
  ]);
  readonly #client: () => Client;
  readonly #project: ProjectInfo;
  #others: readonly ProjectInfo[] = $state.raw([]);

  constructor(client: () => Client, project: ProjectInfo) {
    this.#client = client;
    this.#project = project;
  }

  async choose(side: 'left' | 'right', key: string): Promise<void> {
    const choice = this.choices.find((one) => one.key === key);
    if (!choice) return;
    const view = await StudyView.open(this.#client, choice.projectId, choice.studyId);
    this[side]?.close();
    this[side] = view;
  }

  /** Opens another file beside the project and puts its last study on the right. */
  async addFile(path: string): Promise<void> {
    const opened = await this.#client().call('project.open', { path, readOnly: true });
    if (opened.projectId !== this.#project.projectId && this.#others.every(({ projectId }) => projectId !== opened.projectId)) this.#others = [...this.#others, opened];
    const last = opened.studies.at(-1);
    if (last) await this.choose('right', keyOf(opened.projectId, last.id));
  }

  close(): void {
    this.left?.close();
    this.right?.close();
    for (const { projectId } of this.#others) this.#client().call('project.close', { projectId }).catch(() => undefined);
  }
}

export function keyOf(projectId: string, studyId: string): string {
  return `${projectId}/${studyId}`;
}

function choiceOf({ projectId }: ProjectInfo, { id, name }: ProjectInfo['studies'][number], prefix: string): PairChoice {
  return { key: keyOf(projectId, id), label: `${prefix}${name}`, projectId, studyId: id };
}
