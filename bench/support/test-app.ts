/** The app with its failpoints in: bundles for tests beside everything else as it is. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { ENTRIES } from '../../scripts/lib/entries.mjs';
import { nodeBundle } from '../../vite.config.ts';
import { ROOT } from './host.ts';

/** Builds it anew and answers its folder; the page is the one in `dist/`. */
export async function buildTestApp(): Promise<string> {
  const app = path.join(ROOT, 'test-results', 'app-with-failpoints');
  rmSync(app, { recursive: true, force: true });
  mkdirSync(path.join(app, 'dist'), { recursive: true });
  for (const name of ['package.json', 'src', 'model', 'node_modules', 'dist/renderer']) {
    if (existsSync(path.join(ROOT, name))) symlinkSync(path.join(ROOT, name), path.join(app, name));
  }
  for (const { name, source, output } of ENTRIES.filter((entry) => entry.output.endsWith('.cjs'))) {
    const options = { failpoints: true, selfContained: name === 'preload' };
    await build({ ...nodeBundle(path.join(ROOT, source), path.join(app, output), options), logLevel: 'error' });
  }
  return app;
}
