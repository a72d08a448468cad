/**
 * `node scripts/image.mjs FOLDER`: lays out what the container image of Sluice holds: the bundles of the command line,
 * and the libraries that stay outside of them.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { fail, say } from './lib/say.mjs';
import { stageApp } from './lib/stage.mjs';

const [target] = process.argv.slice(2);
const ENTRIES = ['cli', 'worker', 'stack-worker'];

try {
  if (!target) throw new Error('name the folder to write: node scripts/image.mjs FOLDER');
  await build(ENTRIES);
  stageApp(target, { bundles: ENTRIES, postgres: false });
  mkdirSync(path.join(target, 'bin'), { recursive: true });
  // The client of Kafka sets a timer in the past; nobody can do anything about the warning.
  const command = path.join(target, 'bin/sluice');
  writeFileSync(command, '#!/bin/sh\nexec node --disable-warning=TimeoutNegativeWarning /app/dist/cli.cjs "$@"\n');
  chmodSync(command, 0o755);
  say(`Laid out in ${target}`);
} catch (error) {
  fail(error);
}
