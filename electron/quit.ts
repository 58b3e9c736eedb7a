import type { App, Dialog } from 'electron';

export interface QuitOptions {
  readonly app: Pick<App, 'on' | 'exit'>;
  readonly dialog: Pick<Dialog, 'showMessageBox'>;
  /** Whether a study is measuring or paused. */
  readonly anyRunning: () => boolean;
  /** Open projects with trials that have no place of the user's own yet. */
  readonly drafts: () => readonly { readonly projectId: string; readonly name: string }[];
  /** Asks where to save a draft; false: the user changed his mind. */
  readonly saveDraft: (draft: { readonly projectId: string; readonly name: string }) => Promise<boolean>;
  /** Ends replicas and closes files. */
  readonly close: () => Promise<void>;
}

/** What was typed in the page is on its way to the file within this time. */
const SETTLE_MS = 400;

/** Asks before a running study is stopped or a draft is left, then ends replicas and closes files before the process goes. */
export function guardQuit({ app, dialog, anyRunning, drafts, saveDraft, close }: QuitOptions): { decided(): boolean } {
  let state: 'open' | 'asking' | 'closing' | 'closed' = 'open';
  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state !== 'open') return;
    state = 'asking';
    void decide();
  });
  return { decided: () => state === 'closed' };

  async function decide(): Promise<void> {
    const mayGo = (!anyRunning() || (await mayStop())) && (await mayLeaveDrafts());
    if (!mayGo) {
      state = 'open';
      return;
    }
    state = 'closing';
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await close().catch((error: unknown) => console.error('While closing:', error));
    state = 'closed';
    app.exit(0);
  }

  async function mayStop(): Promise<boolean> {
    const { response } = await dialog.showMessageBox({
      type: 'question', buttons: ['Keep running', 'Stop and quit'], defaultId: 0, cancelId: 0, noLink: true,
      message: 'A study is still running.',
      detail: 'Finished trials are saved. The trial under way is given up and measured again when you continue the study.',
    });
    return response === 1;
  }

  /** A draft is never lost, so that leaving it is safe; it only has no place where its owner would look for it. */
  async function mayLeaveDrafts(): Promise<boolean> {
    for (const draft of drafts()) {
      const { response } = await dialog.showMessageBox({
        type: 'question', buttons: ['Save as…', 'Quit, keep as draft', 'Cancel'], defaultId: 0, cancelId: 2, noLink: true,
        message: `“${draft.name}” has no file of its own yet.`,
        detail: 'Its trials are kept among the drafts and stay under Recent. Save it to mail it or hand it in.',
      });
      if (response === 2 || (response === 0 && !(await saveDraft(draft)))) return false;
    }
    return true;
  }
}
