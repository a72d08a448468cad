/** What stands in the sources and must not be in any bundle that is shipped. */
const FILE = /[\\/]failpoints\.ts$/;
const CALL = /^[ \t]*await failpoint\([^;\n]*\);[ \t]*$/gm;

/** Stands in for the file: imports find what they name, and nothing of it is left in the bundle. */
const STAND_IN = 'virtual:for-tests-only';
const NOTHING = 'export const TEST_ENV = [];\nexport const failpoint = null;\n';

/**
 * Takes the failpoints out of a bundle, as a plugin of vite: each call is a statement of its own, so it is replaced by
 * nothing. A call of another form fails the build.
 */
export function withoutFailpoints() {
  return {
    name: 'without-failpoints',
    enforce: /** @type {const} */ ('pre'),
    /** @param {string} source */
    resolveId(source) {
      return FILE.test(source) ? STAND_IN : null;
    },
    /** @param {string} id */
    load(id) {
      return id === STAND_IN ? NOTHING : null;
    },
    /** @param {string} code @param {string} id */
    transform(code, id) {
      if (id === STAND_IN || !code.includes('failpoint(')) return null;
      const rest = code.replace(CALL, '');
      if (rest.includes('failpoint(')) throw new Error(`${id}: write "await failpoint('…');" on a line of its own`);
      return { code: rest, map: null };
    },
  };
}
