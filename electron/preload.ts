import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { createPipe } from './pipe.ts';

contextBridge.exposeInMainWorld('servescape', createPipe(ipcRenderer, (file) => webUtils.getPathForFile(file)));
