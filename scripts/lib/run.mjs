import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { root } from './paths.mjs';

/** @typedef {{ cwd?: string, env?: Record<string, string | undefined>, onLine?: (line: string) => void }} RunOptions */

const KEPT_LINES = 40;
// One key press reaches us twice under npm: from the terminal, and passed on by npm itself.
const SAME_PRESS_MS = 800;

/**
 * Runs a tool in silence, without input. Fails with the last lines of what it said.
 * @param {string} command @param {string[]} args @param {RunOptions} [options]
 * @returns {Promise<string>} its stdout
 */
export async function run(command, args, options = {}) {
  const { code, stdout, tail } = await collect(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${tail}`);
}

/**
 * Runs npm: the one that started us, else the one on PATH.
 * @param {string[]} args @param {RunOptions} [options]
 */
export function npm(args, options = {}) {
  const cli = process.env['npm_execpath'];
  if (cli?.endsWith('.js')) return run(process.execPath, [cli, ...args], options);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

/**
 * Hands the terminal to a program and waits for it. It gets a process group of its own, so that Ctrl-C reaches it
 * exactly once, through us, and we stay until it has drained and stopped.
 * @param {string} command @param {string[]} args @param {Record<string, string | undefined>} env
 * @returns {Promise<number>} its exit code; 128 + n when signal n ended it
 */
export function handOver(command, args, env) {
  const child = spawn(command, args, { cwd: root, env, stdio: 'inherit', detached: process.platform !== 'win32' });
  let last = 0;
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    if (Date.now() - last < SAME_PRESS_MS) return;
    last = Date.now();
    child.kill(signal);
  };
  process.on('SIGINT', () => pass('SIGINT'));
  process.on('SIGTERM', () => pass('SIGTERM'));
  process.on('SIGHUP', () => pass('SIGTERM'));
  if (process.platform !== 'win32') process.on('SIGWINCH', () => child.kill('SIGWINCH'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });
}

/**
 * @param {string} command @param {string[]} args @param {RunOptions} options
 * @returns {Promise<{ code: number | null, stdout: string, tail: string }>}
 */
function collect(command, args, { cwd = root, env = process.env, onLine }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {string[]} */
    const lines = [];
    let stdout = '';
    /** @param {Buffer} chunk */
    const keep = (chunk) => {
      for (const line of stripVTControlCharacters(String(chunk)).split('\n').filter(Boolean)) {
        onLine?.(line);
        lines.push(line);
      }
      lines.splice(0, Math.max(0, lines.length - KEPT_LINES));
    };
    child.stdout.on('data', (chunk) => ((stdout += chunk), keep(chunk)));
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, tail: lines.join('\n') }));
  });
}

/** @param {NodeJS.Signals | null} signal */
function signalNumber(signal) {
  return (
    { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }[/** @type {string} */ (signal)] ?? 1
  );
}
