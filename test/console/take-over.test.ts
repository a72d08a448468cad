import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { confirmTakeOver, lookAtTakeOver, type TakeOverOptions } from '../../src/console/take-over.ts';
import { readSettingsFile } from '../../src/console/settings.ts';

const GOLDEN = path.resolve(import.meta.dirname, '..', 'fixtures', 'golden');

/** A checkpoint that nobody has written for an hour, and an empty data folder. */
function place(): { readonly home: string; readonly options: TakeOverOptions } {
  const root = mkdtempSync(path.join(tmpdir(), 'sluice-take-over-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  cpSync(path.join(GOLDEN, 'checkpoint'), path.join(root, 'checkpoint'), { recursive: true });
  cpSync(path.join(GOLDEN, 'log'), path.join(root, 'table'), { recursive: true });
  const old = (Date.now() - 3_600_000) / 1_000;
  for (const name of readdirSync(path.join(root, 'checkpoint'), { recursive: true }))
    utimesSync(path.join(root, 'checkpoint', String(name)), old, old);
  const home = path.join(root, 'home');
  const env = { SLUICE_HOME: home };
  const options = { query: 'bronze', checkpoint: 'checkpoint', table: 'table', brokers: null, env, cwd: root } as const;
  return { home, options };
}

it('takes flags before the environment, and addresses relative to where it is called', async () => {
  const { options } = place();
  const view = await lookAtTakeOver({ ...options, env: { ...options.env, BRONZE_CHECKPOINT: '/nowhere' } });
  expect(view.checkpoint).toMatchObject({ path: path.join(options.cwd, 'checkpoint'), lastCommit: 11 });
  expect(view.table?.path).toBe(path.join(options.cwd, 'table'));
});

it('points the console at the checkpoint once a person knows that Spark has stopped, and keeps what was set', async () => {
  const { home, options } = place();
  await expect(confirmTakeOver(options, false)).rejects.toMatchObject({
    code: 'NOT_ALLOWED_NOW',
    action: expect.stringContaining('--spark-is-stopped') as string,
  });
  const first = await confirmTakeOver(options, true);
  expect(first.before).toBeNull();
  const file = path.join(home, 'settings.json');
  writeFileSync(file, JSON.stringify({ 'log.level': 'warn', stack: 'embedded' }));
  const { before } = await confirmTakeOver(options, true);
  expect(JSON.parse(readFileSync(before ?? '', 'utf8'))).toEqual({ 'log.level': 'warn', stack: 'embedded' });
  const { layer, notices } = readSettingsFile(file, 0);
  expect(notices).toEqual([]);
  expect(layer.values).toEqual({
    'log.level': 'warn',
    stack: 'external',
    'bronze.checkpoint': path.join(options.cwd, 'checkpoint'),
    'bronze.table': path.join(options.cwd, 'table'),
    'kafka.topic': 'golden.public.transactions',
  });
});

it.each([
  ['is damaged', (root: string) => rmSync(path.join(root, 'checkpoint/offsets/11')), 'CHECKPOINT_CORRUPT'],
  ['is still written', (root: string) => writeFileSync(path.join(root, 'checkpoint/.new.tmp'), ''), 'newest file'],
])('refuses a checkpoint that %s, whatever a person says', async (_name, damage, seen) => {
  const { options } = place();
  damage(options.cwd);
  await expect(confirmTakeOver(options, true)).rejects.toMatchObject({
    code: 'NOT_ALLOWED_NOW',
    seen: expect.stringContaining(seen) as string,
  });
});
