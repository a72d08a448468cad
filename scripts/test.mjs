/**
 * `npm test`: everything a change must pass, each part a step with its seconds, all of them even if one fails.
 * `npm test -- lint unit` runs only those steps.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { ensureInstalled } from './lib/install.mjs';
import { inRoot } from './lib/paths.mjs';
import { fail, say, seconds } from './lib/say.mjs';
import { stepsFor } from './lib/steps.mjs';

const results = inRoot('test-results');

try {
  const steps = stepsFor(process.argv.slice(2));
  await ensureInstalled();
  mkdirSync(results, { recursive: true });
  rmSync(`${results}/counts.json`, { force: true });
  await prepare(steps);
  const counts = await runAll(steps);
  summarise(counts);
} catch (error) {
  fail(error);
}

/** What the steps need beside the packages, once for all of them. @param {import('./lib/steps.mjs').Step[]} steps */
async function prepare(steps) {
  const needs = new Set(steps.flatMap((step) => step.needs));
  if (needs.has('screen')) await (await import('./lib/debian.mjs')).ensureTestPackages();
  if (needs.has('build')) await (await import('./build.mjs')).build();
  if (needs.has('electron')) await (await import('./electron.mjs')).resolveElectron();
}

/** @param {import('./lib/steps.mjs').Step[]} steps */
async function runAll(steps) {
  /** @type {Record<string, import('./lib/steps.mjs').Count & { seconds: number }>} */
  const counts = {};
  for (const step of steps) {
    say(`\n== ${step.name}`);
    const started = Date.now();
    const count = await step.run();
    counts[step.name] = { ...count, seconds: Math.round((Date.now() - started) / 100) / 10 };
    say(`== ${step.name}: ${count.passed} passed, ${count.failed} failed, ${seconds(started)}`);
  }
  return counts;
}

/** @param {Record<string, import('./lib/steps.mjs').Count & { seconds: number }>} counts */
function summarise(counts) {
  const sum = { passed: 0, failed: 0 };
  say('');
  for (const [name, { passed, failed, seconds: time }] of Object.entries(counts)) {
    say(`${name.padEnd(10)} ${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed  ${time} s`);
    sum.passed += passed;
    sum.failed += failed;
  }
  writeFileSync(`${results}/counts.json`, `${JSON.stringify({ ...sum, steps: counts }, null, 2)}\n`);
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed\n`);
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}
