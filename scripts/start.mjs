/**
 * `npm start`: sets up whatever is missing and starts Sluice, in a window where there is a display, else in the
 * terminal. Arguments go to the app; its exit code is ours.
 */
import { ensureInstalled } from './lib/install.mjs';
import { inRoot, pinnedNode } from './lib/paths.mjs';
import { handOver } from './lib/run.mjs';
import { fail, say } from './lib/say.mjs';

const args = process.argv.slice(2);

try {
  await ensureInstalled();
  const { build } = await import('./build.mjs');
  await build();
  process.exitCode = wantsTerminal() ? await startInTerminal() : await startInWindow();
} catch (error) {
  fail(error, 3);
}

function wantsTerminal() {
  if (args.includes('--headless')) return true;
  if (hasDisplay()) return false;
  say('There is no display: running in the terminal.');
  return true;
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

async function startInWindow() {
  const { resolveElectron } = await import('./electron.mjs');
  const electron = await resolveElectron();
  return handOver(electron.executablePath, [...electron.args, ...args], { ...process.env, ...electron.env });
}

function startInTerminal() {
  const own = args.filter((each) => each !== '--headless');
  return handOver(pinnedNode(), [inRoot('dist/cli.cjs'), 'run', '--headless', ...own], process.env);
}
