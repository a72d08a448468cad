/**
 * `npm test`: everything a change must pass, each part a step with its seconds, all of them even if one fails.
 * `npm test -- lint unit` runs only those steps.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { ensureInstalled } from './lib/install.mjs';
import { inRoot, pinnedNode } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { fail, say, seconds } from './lib/say.mjs';
import { stepsFor } from './lib/steps.mjs';

const results = inRoot('test-results');

/** What steps need beside the packages; each is brought once, before the first step that needs it. */
const PREPARE = {
  screen: async () => (await import('./lib/debian.mjs')).ensureTestPackages(),
  build: async () => (await import('./build.mjs')).build(),
  electron: async () => (await import('./electron.mjs')).resolveElectron(),
  servers: async () => {
    say('Bringing real servers onto this machine; the first time this takes minutes.');
    await run(pinnedNode(), ['test/stack/servers/prepare.ts'], { onLine: say });
  },
  spark: async () => {
    say('Bringing a real Spark onto this machine; the first time this takes minutes.');
    await run(pinnedNode(), ['test/interop/prepare.ts'], { onLine: say });
  },
  docker: async () => {
    await (await import('./lib/debian.mjs')).ensureContainerPackages();
    say('Bringing a docker engine and its images onto this machine; the first time this takes minutes.');
    await run(pinnedNode(), ['test/stack/docker/prepare.ts'], { onLine: say });
  },
};

/** @type {Map<import('./lib/projects.mjs').Need, Promise<unknown>>} */
const prepared = new Map();

try {
  const steps = stepsFor(process.argv.slice(2));
  await ensureInstalled();
  mkdirSync(results, { recursive: true });
  rmSync(`${results}/counts.json`, { force: true });
  summarise(await runAll(steps));
} catch (error) {
  fail(error);
}

/** @param {import('./lib/steps.mjs').Step[]} steps */
async function runAll(steps) {
  /** @type {Record<string, import('./lib/steps.mjs').Count & { seconds: number }>} */
  const counts = {};
  for (const step of steps) {
    say(`\n== ${step.name}`);
    const started = Date.now();
    const count = await runStep(step);
    counts[step.name] = { ...count, seconds: Math.round((Date.now() - started) / 100) / 10 };
    const notRun = count.notRun ? `, ${count.notRun} not run` : '';
    say(`== ${step.name}: ${count.passed} passed, ${count.failed} failed${notRun}, ${seconds(started)}`);
  }
  return counts;
}

/** A step whose set-up fails has failed, and the next ones still run. @param {import('./lib/steps.mjs').Step} step */
async function runStep(step) {
  try {
    for (const need of step.needs) {
      if (!prepared.has(need)) prepared.set(need, PREPARE[need]());
      await prepared.get(need);
    }
    return await step.run();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return { passed: 0, failed: 1 };
  }
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
