/** The console behind two channels. A call is taken only from our own page, and only when it fits its schema. */
import { ipcMain, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import { invalid } from '../console/commands.ts';
import {
  toErrorView,
  type CommandArgs,
  type CommandName,
  type ConsoleApi,
  type ErrorView,
} from '../console/contract.ts';
import { CALL, EVENT, ORIGIN } from './channels.ts';

/** No command is longer than a search text and a few words. */
const MOST_CHARACTERS = 64 * 1024;

type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ErrorView };

export interface ServedConsole {
  /** The console could not start: says so to the page from now on, unless the console tells it itself. */
  failed(error: unknown): Promise<void>;
}

export function serveConsole(api: ConsoleApi, window: () => BrowserWindow | undefined): ServedConsole {
  let failure: ErrorView | undefined;

  ipcMain.handle(CALL, async (event, request: unknown): Promise<Reply> => {
    checkSender(event, window());
    if (failure) return { ok: false, error: failure };
    try {
      const { command, args } = readRequest(request);
      return { ok: true, value: await api.call(command, args) };
    } catch (error) {
      return { ok: false, error: toErrorView(error, 'Doing what the window asked') };
    }
  });

  api.subscribe((event) => {
    const contents = window()?.webContents;
    if (contents && !contents.isDestroyed()) contents.send(EVENT, event);
  });

  return {
    failed: async (error) => {
      const { console } = await api.call('snapshot', {});
      if (console.stack === 'FAILED') return;
      failure = toErrorView(error, 'Starting Sluice');
      // The page may have asked already, and been told that nothing has started yet.
      window()?.webContents.reload();
    },
  };
}

/** Throws on anything but the main frame of our own window, showing our own page: a caller that is not ours gets no reply. */
function checkSender({ sender, senderFrame }: IpcMainInvokeEvent, window: BrowserWindow | undefined): void {
  const isOurs = sender === window?.webContents && senderFrame !== null && senderFrame === sender.mainFrame;
  if (!isOurs || senderFrame.origin !== ORIGIN) throw new Error('a call came from a page that is not ours');
}

/** The console checks name and arguments; here only the size and the outer shape. */
function readRequest(request: unknown): { readonly command: CommandName; readonly args: CommandArgs<CommandName> } {
  const size = JSON.stringify(request ?? null).length;
  if (size > MOST_CHARACTERS) throw invalid('Reading a command', `${size} characters`, `${MOST_CHARACTERS} at most`);
  if (typeof request !== 'object' || request === null) {
    throw invalid('Reading a command', 'no object', 'an object with command and args');
  }
  const { command, args } = request as Record<string, unknown>;
  return { command: command as CommandName, args: args as CommandArgs<CommandName> };
}
