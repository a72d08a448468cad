/**
 * `npm run dist -- --linux dir`: a package that starts, in release/. Uses the declared Electron, or packs the fallback
 * where that is all there is, and says that such a package is not for users.
 */
import path from 'node:path';
import { build } from './build.mjs';
import { resolveElectron } from './electron.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { inRoot } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { fail, say, withProgress } from './lib/say.mjs';
import { stageApp } from './lib/stage.mjs';

const builder = inRoot('node_modules/electron-builder/cli.js');

try {
  await ensureInstalled();
  await build();
  const electron = await resolveElectron();
  stageApp(inRoot('release/app'));
  const source = [
    `--config.electronDist=${electron.fallback ? path.dirname(electron.executablePath) : inRoot('node_modules/electron/dist')}`,
    `--config.electronVersion=${electron.version}`,
  ];
  const args = [
    builder,
    '--config',
    inRoot('electron-builder.yml'),
    '--publish',
    'never',
    ...source,
    ...process.argv.slice(2),
  ];
  await withProgress(
    'Packing',
    () => undefined,
    () => run(process.execPath, args),
  );
  say(`Packed: ${inRoot('release')}`);
  if (electron.fallback) say('It holds the fallback Electron: good for trying out, not for users.');
} catch (error) {
  fail(error);
}
