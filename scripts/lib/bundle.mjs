/**
 * Builds the entries named on the command line, at the same time. A process of its own, because vite asks for a newer
 * Node than the one that runs the scripts.
 */
import { build } from 'vite';
import { inRoot } from './paths.mjs';

const names = process.argv.slice(2);
const outcomes = await Promise.allSettled(
  names.map((mode) => build({ configFile: inRoot('vite.config.ts'), mode, logLevel: 'warn' })),
);
for (const outcome of outcomes) {
  if (outcome.status === 'fulfilled') continue;
  console.error(outcome.reason instanceof Error ? outcome.reason.message : outcome.reason);
  process.exitCode = 1;
}
