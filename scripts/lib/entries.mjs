/**
 * @typedef {object} Entry one bundle
 * @property {string} name also the mode that vite is called with
 * @property {string} source
 * @property {string} output
 * @property {string[]} folders whose files can change it
 */

const NODE_FOLDERS = ['src/main', 'src/cli', 'src/console', 'src/stack', 'src/lakehouse', 'src/pipeline'];

/** Everything that is built, and where it goes. @type {Entry[]} */
export const ENTRIES = [
  node('main', 'src/main/main.ts'),
  node('preload', 'src/main/preload.ts'),
  node('worker', 'src/pipeline/worker.ts'),
  node('stack-worker', 'src/stack/embedded/worker.ts'),
  node('cli', 'src/cli/cli.ts'),
  {
    name: 'renderer',
    source: 'src/renderer/index.html',
    output: 'dist/renderer/index.html',
    folders: ['src/renderer', 'src/console', 'src/pipeline'],
  },
];

/** @param {string} name @param {string} source @returns {Entry} */
function node(name, source) {
  return { name, source, output: `dist/${name}.cjs`, folders: NODE_FOLDERS };
}

/**
 * These go into the bundles, every other library stays outside. Most are ESM only: Electron 25's Node 18 cannot require
 * them. zod as a package loads the words of every language, 90 files in each thread; a bundle leaves them out.
 */
export const BUNDLED = ['hyparquet', 'hyparquet-writer', 'hyparquet-compressors', '@faker-js/faker', 'zod'];
