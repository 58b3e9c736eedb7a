import type { BrowserWindow, Dialog } from 'electron';

const FILTERS = [{ name: 'Servescape project', extensions: ['servescape'] }];

export interface ProjectDialogs {
  open(): Promise<string | null>;
  save(suggested: string): Promise<string | null>;
}

/** The system's own dialogs, on the window when there is one. Null: the user cancelled. */
export function projectDialogs(dialog: Pick<Dialog, 'showOpenDialog' | 'showSaveDialog'>, window: () => BrowserWindow | null): ProjectDialogs {
  return {
    open: async () => {
      const options = { properties: ['openFile' as const], filters: FILTERS };
      const parent = window();
      const { canceled, filePaths } = await (parent ? dialog.showOpenDialog(parent, options) : dialog.showOpenDialog(options));
      return canceled ? null : (filePaths[0] ?? null);
    },
    save: async (suggested) => {
      const options = { defaultPath: suggested, filters: FILTERS };
      const parent = window();
      const { canceled, filePath } = await (parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options));
      return canceled || filePath === '' ? null : filePath;
    },
  };
}
