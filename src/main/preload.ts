/**
 * Runs in the page's sandbox, so it may import Electron and nothing else. It hands over two functions and plain data;
 * who may call, and with what, is checked on the other side.
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { CALL, EVENT } from './channels.ts';

contextBridge.exposeInMainWorld('sluice', {
  call: (command: string, args: unknown): Promise<unknown> => ipcRenderer.invoke(CALL, { command, args }),
  subscribe: (listener: (event: unknown) => void): (() => void) => {
    const forward = (_event: IpcRendererEvent, told: unknown) => listener(told);
    ipcRenderer.on(EVENT, forward);
    return () => void ipcRenderer.removeListener(EVENT, forward);
  },
});
