/** Quitting is clean: the queries finish their batch, the stack goes down, and then the process ends. */
import { app, type BrowserWindow } from 'electron';
import type { Console } from '../console/console.ts';
import { toErrorView } from '../console/contract.ts';

/** After this long the process ends anyway; the next start takes over what is left. */
const PATIENCE_MS = 10_000;

export interface Quitting {
  /** The console could not start: decides the exit code. */
  failed(error: unknown): void;
}

export function quitCleanly(sluice: Console, window: () => BrowserWindow | undefined): Quitting {
  let exitCode = 0;
  let stopping = false;

  const stop = async () => {
    if (stopping) return;
    stopping = true;
    const late = setTimeout(() => app.exit(exitCode), PATIENCE_MS);
    try {
      await sluice.stop();
    } catch (error) {
      say(error);
    }
    clearTimeout(late);
    app.exit(exitCode);
  };

  app.on('before-quit', (event) => {
    event.preventDefault();
    void stop();
  });
  // The window stays while it stops, and shows that it does.
  app.on('browser-window-created', (_event, created) => {
    created.on('close', (event) => {
      event.preventDefault();
      void stop();
    });
  });
  process.on('uncaughtException', (error) => {
    say(error);
    exitCode = 1;
    void stop();
  });

  return {
    failed: (error) => {
      say(error);
      exitCode = toErrorView(error).code === 'OWNED_BY_OTHER' ? 4 : 3;
      window()?.show();
    },
  };
}

function say(error: unknown): void {
  const { code, message, action } = toErrorView(error, 'Running Sluice');
  process.stderr.write(`sluice: ${code}: ${message}. ${action}\n`);
}
