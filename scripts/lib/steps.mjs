import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { inRoot, pinnedNode, readJson, root } from './paths.mjs';
import { PROJECTS, TEST_FILE } from './projects.mjs';

/** @typedef {{ passed: number, failed: number, notRun?: number }} Count */
/** @typedef {{ name: string, needs: import('./projects.mjs').Need[], run: () => Promise<Count> }} Step */

/** @type {Step[]} */
const CHECKS = [
  check('typecheck', ['node_modules/typescript/bin/tsc']),
  check('lint', ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.']),
  check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']),
];

/**
 * The steps to run, in order: those named, else all that have something to check and need not be named.
 * @param {string[]} names @returns {Step[]}
 */
export function stepsFor(names) {
  const projects = PROJECTS.filter(({ folders }) => folders.some(hasTests));
  const all = [...CHECKS, vitest('unit', []), ...projects.map(({ name, needs }) => vitest(name, needs))];
  const unknown = names.find((name) => !all.some((step) => step.name === name));
  if (unknown)
    throw new Error(`there is no test step ${unknown}: choose from ${all.map((step) => step.name).join(', ')}`);
  const named = PROJECTS.filter(({ onlyNamed }) => onlyNamed).map(({ name }) => name);
  return all.filter(({ name }) => (names.length === 0 ? !named.includes(name) : names.includes(name)));
}

/** A tool that is content or not: one passed, or one failed. @param {string} name @param {string[]} args @returns {Step} */
function check(name, args) {
  return {
    name,
    needs: [],
    run: async () =>
      (await call([pinnedNode(), ...args])) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 },
  };
}

/**
 * A vitest project of vitest.config.ts with the same name.
 * @param {string} name @param {import('./projects.mjs').Need[]} needs @returns {Step}
 */
function vitest(name, needs) {
  const report = inRoot(`test-results/${name}.json`);
  const args = ['run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const run = async () => {
    rmSync(report, { force: true });
    const command = [pinnedNode(), 'node_modules/vitest/vitest.mjs', ...args];
    const code = await call(needs.includes('screen') ? onScreen(command) : command);
    return countReport(readJson(report), code);
  };
  return { name, needs, run };
}

/**
 * A runner that failed without a failed test (a file that does not load, an unhandled error) counts as one failure.
 * @param {any} report @param {number} code @returns {Count}
 */
function countReport(report, code) {
  const passed = report?.numPassedTests ?? 0;
  const failed = report?.numFailedTests ?? 0;
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, notRun: report?.numPendingTests ?? 0 };
}

/** Where there is no screen the tests bring one. @param {string[]} command */
function onScreen(command) {
  return process.platform === 'linux' ? ['xvfb-run', '-a', '-s', '-screen 0 1440x900x24', ...command] : command;
}

/** @param {string[]} command @returns {Promise<number>} */
function call([command = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** @param {string} folder */
function hasTests(folder) {
  if (!existsSync(inRoot(folder))) return false;
  return readdirSync(inRoot(folder), { recursive: true }).some((file) => TEST_FILE.test(String(file)));
}
