import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { say, withProgress } from './say.mjs';

/** Each line is one need: the first name that the distribution has will do. */
const ELECTRON = [
  ['libgtk-3-0t64', 'libgtk-3-0'],
  ['libnss3'],
  ['libasound2t64', 'libasound2'],
  ['libgbm1'],
  ['libxss1'],
  ['libatk-bridge2.0-0t64', 'libatk-bridge2.0-0'],
  ['libdrm2'],
  ['fonts-dejavu-core'],
];
const SCREEN = [['xvfb'], ['xauth'], ['chromium']];

/** What runs containers, beside an engine that is unpacked and not installed. */
const CONTAINERS = [['runc'], ['iptables'], ['tini'], ['debootstrap']];

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;
const hasApt = isLinux && existsSync('/usr/bin/apt-get');

/** What the tests of the window need: a screen that is not there, a browser, and Electron's libraries. */
export async function ensureTestPackages() {
  if (!isLinux) return;
  if (hasApt) return ensure([...SCREEN, ...ELECTRON], 'the tests of the window');
  if (!isOnPath('xvfb-run'))
    throw new Error('the tests of the window need xvfb-run and chromium: install them with your package manager');
}

/** What the tests on a real docker engine need. Without apt or root nothing is installed, and the tests say what is missing. */
export async function ensureContainerPackages() {
  if (hasApt && isRoot) await ensure(CONTAINERS, 'the tests on a docker engine');
}

/** What an Electron needs from the system, if the loader misses any of it. @param {string} executable */
export async function ensureLibraries(executable) {
  if (!isLinux) return;
  const missing = missingLibraries(executable);
  if (missing.length === 0) return;
  if (!hasApt)
    throw new Error(`Electron misses ${missing.join(', ')}: install them with your package manager, or use --headless`);
  await ensure(ELECTRON, 'Electron');
}

/** @param {string[][]} needs @param {string} purpose */
async function ensure(needs, purpose) {
  const open = needs.filter((names) => !names.some(isInstalled));
  if (open.length === 0) {
    say(`System packages for ${purpose}: all there.`);
    return;
  }
  if (!isRoot) {
    const names = open.map((each) => each[each.length - 1]).join(' ');
    throw new Error(
      `system packages are missing for ${purpose}; type: sudo apt-get update && sudo apt-get install -y ${names}`,
    );
  }
  await apt('Reading the lists of system packages', ['update']);
  const chosen = open.map((names) => names.find(isOffered) ?? names[0] ?? '');
  await apt(`Installing ${chosen.length} system packages`, ['install', '-y', '--no-install-recommends', ...chosen]);
}

/**
 * Another apt may be at work: it is waited for. Progress comes as lines "dlstatus:..:percent:.." on a descriptor of its own.
 * @param {string} label @param {string[]} args
 */
function apt(label, args) {
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=600', '-o', 'APT::Status-Fd=3'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const phase = { dlstatus: 0, pmstatus: 0 };
  const look = () => ({ done: phase.dlstatus + phase.pmstatus, total: 200 });
  const job = () =>
    new Promise((resolve, reject) => {
      const child = spawn('apt-get', [...options, ...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
      let said = '';
      child.stdout?.on('data', (chunk) => (said += chunk));
      child.stderr?.on('data', (chunk) => (said += chunk));
      /** @type {import('node:stream').Readable} */ (child.stdio[3]).on('data', (chunk) => read(String(chunk), phase));
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve(undefined);
        else reject(new Error(`apt-get ${args.join(' ')} failed:\n${said.split('\n').slice(-12).join('\n')}`));
      });
    });
  return withProgress(label, look, job);
}

/** @param {string} text @param {{ dlstatus: number, pmstatus: number }} phase */
function read(text, phase) {
  for (const [, kind, percent] of text.matchAll(/^(dlstatus|pmstatus):[^:]*:([\d.]+):/gm)) {
    phase[/** @type {'dlstatus' | 'pmstatus'} */ (kind)] = Number(percent);
  }
}

/** @param {string} name */
function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

/** @param {string} name */
function isOffered(name) {
  const { stdout } = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' });
  return /Candidate: (?!\(none\))/.test(stdout);
}

/** @param {string} executable @returns {string[]} */
function missingLibraries(executable) {
  const { stdout } = spawnSync('ldd', [executable], { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '');
}

/** @param {string} name */
const isOnPath = (name) => spawnSync('which', [name]).status === 0;
