/** The one place that makes a window. Its safety is written out here and never taken from elsewhere. */
import { app, BrowserWindow, nativeTheme } from 'electron';
import { PAGE } from './channels.ts';
import { readBounds, writeBounds } from './bounds.ts';
import { inDist } from './places.ts';

let current: BrowserWindow | undefined;

/** The one window, once it is open. */
export const currentWindow = (): BrowserWindow | undefined => current;

export function openWindow(): void {
  const { x, y, width, height } = readBounds(app.getPath('userData'));
  const window = new BrowserWindow({
    ...(x !== undefined && y !== undefined && { x, y }),
    width,
    height,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Sluice',
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0d0f12' : '#eceef1',
    webPreferences: {
      preload: inDist('preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  for (const change of ['resized', 'moved'] as const) {
    window.on(change as 'resized', () => writeBounds(app.getPath('userData'), window.getBounds()));
  }
  app.on('second-instance', () => bringToFront(window));
  // The queries run in this process and go on; only the page is drawn anew.
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') window.webContents.reload();
  });
  void window.loadURL(PAGE);
  current = window;
}

function bringToFront(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
