import type { Client } from '../../main/contract/client.ts';
import type { ExampleInfo, RecentFile, TemplateInfo } from '../../main/contract/values.ts';

/** What a study can begin from: templates, examples and the files that were open last. Null: not read yet. */
export class Shelf {
  templates: readonly TemplateInfo[] | null = $state.raw(null);
  examples: readonly ExampleInfo[] = $state.raw([]);
  recent: readonly RecentFile[] | null = $state.raw(null);
  readonly #client: () => Client;
  readonly #fail: (error: unknown) => void;

  constructor(client: () => Client, fail: (error: unknown) => void) {
    this.#client = client;
    this.#fail = fail;
  }

  fill(): void {
    this.#client().call('templates.list', {}).then((templates) => (this.templates = templates)).catch(this.#fail);
    this.#client().call('examples.list', {}).then((examples) => (this.examples = examples ?? [])).catch(this.#fail);
    void this.refreshRecent();
  }

  async refreshRecent(): Promise<void> {
    await this.#client().call('recent.list', {}).then((recent) => (this.recent = recent)).catch(this.#fail);
  }

  async removeRecent(path: string): Promise<void> {
    this.recent = await this.#client().call('recent.remove', { path });
  }
}
