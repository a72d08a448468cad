/** The window's process: the console runs inside it, with its queries in worker threads, and one page shows it. */
import { app } from 'electron';
import { createConsole, resolveHome } from '../console/console.ts';
import { installMenu } from './menu.ts';
import { serveConsole } from './ipc.ts';
import { APP_ROOT, inDist, MIGRATIONS } from './places.ts';
import { quitCleanly } from './quit.ts';
import { declareScheme, serveFiles } from './scheme.ts';
import { denyEverything, sandboxEverything } from './security.ts';
import { isFirstInstance, keepWindowData } from './single.ts';
import { currentWindow, openWindow } from './window.ts';

const home = resolveHome(process.env);

sandboxEverything();
declareScheme();
keepWindowData(home);
if (isFirstInstance()) void app.whenReady().then(run);
else app.quit();

async function run(): Promise<void> {
  const sluice = createConsole({
    home,
    version: app.getVersion(),
    runtime: `Electron ${process.versions.electron}`,
    fallback: process.env['SLUICE_ELECTRON_FALLBACK'] === '1',
    appRoot: APP_ROOT,
    workerFile: inDist('worker.cjs'),
    stackWorkerFile: inDist('stack-worker.cjs'),
    migrationsFolder: MIGRATIONS,
    settings: { stack: flagOf('--stack') },
  });
  denyEverything();
  serveFiles(inDist('renderer'));
  const served = serveConsole(sluice, currentWindow);
  const quitting = quitCleanly(sluice, currentWindow);
  installMenu(sluice, currentWindow);
  openWindow();
  try {
    await sluice.start();
  } catch (error) {
    quitting.failed(error);
    await served.failed(error);
  }
}

/** `--stack docker` or `--stack=docker`; Electron leaves what it does not know itself. */
function flagOf(name: string): string | undefined {
  const at = process.argv.findIndex((word) => word === name || word.startsWith(`${name}=`));
  const word = process.argv[at];
  return word === name ? process.argv[at + 1] : word?.slice(name.length + 1);
}
