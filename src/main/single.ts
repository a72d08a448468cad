/** One window per data folder: the lock of Electron lies in the folder where the window keeps its own data. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { app } from 'electron';

/** Chromium's own files go below the data folder. To be called before the app is ready. */
export function keepWindowData(home: string): void {
  app.setPath('userData', makeFolder(path.join(home, 'window')));
}

/** False when another window on the same data folder is open already: that one comes to the front. */
export const isFirstInstance = (): boolean => app.requestSingleInstanceLock();

// A data folder that cannot be written must not keep the window from opening: it is where a person reads why.
function makeFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    return mkdtempSync(path.join(tmpdir(), 'sluice-window-'));
  }
}
