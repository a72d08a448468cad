/**
 * What the scripts tell a person. Everything goes to stderr: stdout belongs to the program that is started.
 */

const EVERY_MS = 5_000;
const BAR_WIDTH = 28;
const terminal = Boolean(process.stderr.isTTY) && process.env['CI'] !== 'true';

/** One line. @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Says what is wrong in one sentence and ends the process. @param {unknown} error @param {number} [code] @returns {never} */
export function fail(error, code = 1) {
  say(`sluice: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(code);
}

/**
 * Tells how a long job goes on: a bar that moves in a terminal, a line every few seconds in a pipe.
 * @template T
 * @param {string} label what is done, as "Installing packages"
 * @param {() => { done: number, total?: number, unit?: string } | undefined} look asked again and again
 * @param {() => Promise<T>} job
 * @returns {Promise<T>} what the job gives; the closing line tells its seconds
 */
export async function withProgress(label, look, job) {
  const started = Date.now();
  let told = started;
  say(`${label} ...`);
  const timer = setInterval(
    () => {
      const line = describe(label, look(), (Date.now() - started) / 1000);
      if (terminal) process.stderr.write(`\r\x1b[2K${line}`);
      else if (Date.now() - told >= EVERY_MS) say(line);
      else return;
      told = Date.now();
    },
    terminal ? 250 : 1_000,
  );
  try {
    const result = await job();
    finish(timer, `${label}: done in ${seconds(started)}`);
    return result;
  } catch (error) {
    finish(timer, `${label}: failed after ${seconds(started)}`);
    throw error;
  }
}

/** Seconds since a moment, as "3.2 s". @param {number} started */
export function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

/** @param {NodeJS.Timeout} timer @param {string} text */
function finish(timer, text) {
  clearInterval(timer);
  say(terminal ? `\r\x1b[2K${text}` : text);
}

/** @param {string} label @param {{ done: number, total?: number, unit?: string } | undefined} state @param {number} elapsed */
function describe(label, state, elapsed) {
  const time = `${Math.round(elapsed)} s`;
  if (!state) return `${label} ... ${time}`;
  const { done, total, unit = '' } = state;
  if (!total) return `${label} ... ${done}${unit}, ${time}`;
  const part = Math.min(1, done / total);
  const filled = Math.round(part * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
  return `${label} [${bar}] ${Math.round(part * 100)} %, ${time}`;
}
