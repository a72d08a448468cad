/** @typedef {'screen' | 'build' | 'electron' | 'servers' | 'spark' | 'docker'} Need what must be there before a project's tests run */
/**
 * @typedef {object} Project tests that start real programs: they get more time, and run one file after the other,
 *   because they share ports, the screen and the cores
 * @property {string} name
 * @property {string[]} folders
 * @property {number} timeout of one test, in milliseconds
 * @property {Need[]} needs
 * @property {boolean} [onlyNamed] left out of a plain `npm test`, because it wants programs that few machines have
 */

/** Every test that lies in none of these folders is a unit test. @type {Project[]} */
export const PROJECTS = [
  { name: 'embedded', folders: ['test/embedded', 'test/stack/embedded'], timeout: 120_000, needs: [] },
  { name: 'renderer', folders: ['test/renderer'], timeout: 60_000, needs: ['screen', 'build'] },
  { name: 'electron', folders: ['test/electron'], timeout: 120_000, needs: ['screen', 'electron'] },
  { name: 'servers', folders: ['test/stack/servers'], timeout: 120_000, needs: ['servers'], onlyNamed: true },
  { name: 'interop', folders: ['test/interop'], timeout: 300_000, needs: ['servers', 'spark'], onlyNamed: true },
  {
    name: 'docker',
    folders: ['test/stack/docker'],
    timeout: 300_000,
    needs: ['servers', 'docker', 'screen', 'build', 'electron'],
    onlyNamed: true,
  },
  { name: 'e2e', folders: ['test/e2e'], timeout: 180_000, needs: ['screen', 'build', 'electron'] },
];

/** What a test file is called. */
export const TEST_FILE = /\.test\.tsx?$/;
