import type { BrowserWindow, Dialog, OpenDialogOptions } from 'electron';
import type { SystemDialogs } from '../main/host/services.ts';

const FILTERS = [{ name: 'Servescape project', extensions: ['servescape'] }];

const TITLES = {
  model: { file: 'Choose an ONNX model', folder: 'Choose the folder of your model' },
  data: { file: 'Choose a data file', folder: 'Choose the folder of your data' },
};

/** The system's own dialogs, on the window when there is one. Null: the user cancelled. */
export function projectDialogs(dialog: Pick<Dialog, 'showOpenDialog' | 'showSaveDialog'>, window: () => BrowserWindow | null): SystemDialogs {
  const open = async (options: OpenDialogOptions): Promise<string | null> => {
    const parent = window();
    const { canceled, filePaths } = await (parent ? dialog.showOpenDialog(parent, options) : dialog.showOpenDialog(options));
    return canceled ? null : (filePaths[0] ?? null);
  };
  return {
    open: () => open({ properties: ['openFile'], filters: FILTERS }),
    pick: (what, pick) => open({
      title: TITLES[what][pick], properties: [pick === 'folder' ? 'openDirectory' : 'openFile'],
      ...(what === 'model' && pick === 'file' && { filters: [{ name: 'ONNX model', extensions: ['onnx'] }] }),
    }),
    save: async (suggested) => {
      const options = { defaultPath: suggested, filters: FILTERS };
      const parent = window();
      const { canceled, filePath } = await (parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options));
      return canceled || filePath === '' ? null : filePath;
    },
  };
}
