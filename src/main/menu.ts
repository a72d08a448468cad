/** The menu, with its keys. It does what the page's buttons do, through the same commands. */
import { app, dialog, Menu, type BrowserWindow, type MenuItemConstructorOptions } from 'electron';
import { toErrorView, type ConsoleApi } from '../console/contract.ts';
import { PAGE } from './channels.ts';

const SCREENS = [
  ['overview', 'Overview'],
  ['feed', 'Fraud feed'],
  ['queries', 'Queries'],
  ['checkpoints', 'Checkpoints'],
  ['lag', 'Lag'],
  ['dead-letters', 'Dead letters'],
  ['deliveries', 'Deliveries'],
  ['stack', 'Stack'],
  ['logs', 'Logs'],
] as const;

export function installMenu(api: ConsoleApi, window: () => BrowserWindow | undefined): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      { label: '&File', submenu: [{ role: 'quit' }] },
      { role: 'editMenu' },
      { label: '&View', submenu: viewMenu(window) },
      { label: '&Queries', submenu: queriesMenu(api, window) },
      { label: '&Help', submenu: [{ label: 'About Sluice', click: () => app.showAboutPanel() }] },
    ]),
  );
}

function viewMenu(window: () => BrowserWindow | undefined): MenuItemConstructorOptions[] {
  const screens = SCREENS.map(([name, label], index): MenuItemConstructorOptions => ({
    label,
    accelerator: `CmdOrCtrl+${index + 1}`,
    click: () => show(window(), `${PAGE}#${name}`),
  }));
  return [
    ...screens,
    { type: 'separator' },
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { role: 'togglefullscreen' },
    { role: 'toggleDevTools', accelerator: 'Alt+CmdOrCtrl+I' },
  ];
}

/** A change of the hash is no load: the page stays and shows another screen. The same address would load it anew. */
function show(window: BrowserWindow | undefined, address: string): void {
  if (window && window.webContents.getURL() !== address) void window.loadURL(address);
}

function queriesMenu(api: ConsoleApi, window: () => BrowserWindow | undefined): MenuItemConstructorOptions[] {
  const item = (
    label: string,
    command: 'query.start' | 'query.stop' | 'query.restart',
  ): MenuItemConstructorOptions => ({
    label,
    click: () => void api.call(command, { query: 'all' }).catch((error: unknown) => tell(error, window())),
  });
  return [
    item('Start both', 'query.start'),
    item('Stop both after their batch', 'query.stop'),
    item('Restart both after their batch', 'query.restart'),
  ];
}

function tell(error: unknown, window: BrowserWindow | undefined): void {
  const { code, message, action } = toErrorView(error);
  const content = { type: 'warning' as const, title: 'Sluice', message: `${code}: ${message}`, detail: action };
  void (window ? dialog.showMessageBox(window, content) : dialog.showMessageBox(content));
}
