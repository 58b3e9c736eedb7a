import type { App, Dialog } from 'electron';

export interface QuitOptions {
  readonly app: Pick<App, 'on' | 'exit'>;
  readonly dialog: Pick<Dialog, 'showMessageBox'>;
  /** Whether a study is measuring or paused. */
  readonly anyRunning: () => boolean;
  /** Ends replicas and closes files. */
  readonly close: () => Promise<void>;
}

/** Asks before a running study is stopped, then ends replicas and closes files before the process goes. */
export function guardQuit({ app, dialog, anyRunning, close }: QuitOptions): { decided(): boolean } {
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
    if (anyRunning() && !(await mayStop())) {
      state = 'open';
      return;
    }
    state = 'closing';
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
}
