import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { ENTRIES } from '../../scripts/lib/entries.mjs';
import { withoutFailpoints } from '../../scripts/lib/failpoints.mjs';
import { nodeBundle } from '../../vite.config.ts';
import { tempFolder } from '../pipeline/support/temp.ts';

const root = path.resolve(import.meta.dirname, '../..');
const programs = ENTRIES.filter(({ output }) => output.endsWith('.cjs'));

async function bundle(source: string, options: { failpoints?: boolean }): Promise<string> {
  const output = path.join(tempFolder(), 'bundle.cjs');
  await build({ ...nodeBundle(path.join(root, source), output, options), logLevel: 'error' });
  return readFileSync(output, 'utf8');
}

describe('a bundle', () => {
  it.each(programs)(
    'that is shipped holds no failpoint: $name',
    async ({ source }) => {
      expect((await bundle(source, {})).match(/failpoint/gi) ?? []).toEqual([]);
    },
    60_000,
  );

  it('for tests holds them', async () => {
    const text = await bundle('src/pipeline/worker.ts', { failpoints: true });
    expect(text.match(/await failpoint\(/g)?.length).toBeGreaterThanOrEqual(12);
    expect(text).toContain('SLUICE_FAILPOINTS');
  }, 60_000);
});

describe('taking failpoints out', () => {
  const take = (code: string) => withoutFailpoints().transform(code, '/src/pipeline/query.ts')?.code;

  it('leaves the other statements as they are', () => {
    const code = "run(\n  1,\n);\n  await failpoint('b1');\nnext();\n";
    expect(take(code)).toBe('run(\n  1,\n);\n\nnext();\n');
  });

  it.each(["if (x) await failpoint('b1');", "const y = failpoint('b1');", "await failpoint(\n'b1');"])(
    'fails the build at a call of another form: %j',
    (code) => {
      expect(() => take(code)).toThrow('on a line of its own');
    },
  );
});
