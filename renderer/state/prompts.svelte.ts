/** A question with named answers; the safe one has the focus. Answers with the action's id, or null for Esc. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly actions: readonly { readonly id: string; readonly label: string; readonly tone?: 'danger' | 'primary' | 'plain' }[];
  /** Id of the action that changes nothing. */
  readonly safe: string;
}

/** A file is being picked in the page because there are no native dialogs. */
export type PathRequest =
  | { readonly mode: 'open' | 'save'; readonly suggestedName: string }
  /** A file or a folder of a study; `from` is where to begin to look. */
  | { readonly mode: 'model' | 'data'; readonly foldersOnly: boolean; readonly from: string | null };

/** What the user is being asked: one question and one file at a time; a new one answers the old with null. */
export class Prompts {
  question: Question | null = $state.raw(null);
  pathRequest: PathRequest | null = $state.raw(null);
  #answer: (id: string | null) => void = () => undefined;
  #pickPath: (path: string | null) => void = () => undefined;

  /** Shows the question and waits for the answer; null when it was closed with Esc. */
  ask(question: Question): Promise<string | null> {
    this.#answer(null);
    this.question = question;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  answer(id: string | null): void {
    this.question = null;
    this.#answer(id);
    this.#answer = () => undefined;
  }

  askPath(request: PathRequest): Promise<string | null> {
    this.#pickPath(null);
    this.pathRequest = request;
    return new Promise((resolve) => (this.#pickPath = resolve));
  }

  pickPath(path: string | null): void {
    this.pathRequest = null;
    this.#pickPath(path);
    this.#pickPath = () => undefined;
  }
}
