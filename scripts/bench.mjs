/** `npm run bench -- <name> [arguments]`: sets up and builds what is missing, then runs `bench/<name>` on the pinned Node. */
import { existsSync, readdirSync } from 'node:fs';
import { ensureInstalled } from './lib/install.mjs';
import { inRoot, pinnedNode } from './lib/paths.mjs';
import { handOver } from './lib/run.mjs';
import { fail, say } from './lib/say.mjs';

const [name = '', ...args] = process.argv.slice(2);
const places = [inRoot('bench', `${name}.ts`), inRoot('bench', name, `${name}.ts`)];
const script = places.find((place) => existsSync(place));

try {
  if (!name || !script) {
    say(`Usage: npm run bench -- <name> [arguments], where <name> is one of: ${names().join(', ')}`);
    process.exitCode = 2;
  } else {
    await ensureInstalled();
    const { build } = await import('./build.mjs');
    await build();
    process.exitCode = await handOver(pinnedNode(), [script, ...args], process.env);
  }
} catch (error) {
  fail(error, 1);
}

function names() {
  return readdirSync(inRoot('bench'))
    .filter((each) => each.endsWith('.ts') || existsSync(inRoot('bench', each, `${each}.ts`)))
    .map((each) => each.replace(/\.ts$/, ''));
}
