import { afterEach, expect, test } from 'vitest';
import { createInspector, type Inspector } from '../../src/console/inspector.ts';
import { jobFor, workerFile } from './support/console.ts';

const open: Inspector[] = [];
const make = (timeoutMs = 10_000): Inspector => {
  const inspector = createInspector({ workerFile, onLog: () => undefined, timeoutMs });
  open.push(inspector);
  return inspector;
};
afterEach(() => open.splice(0).forEach((inspector) => inspector.close()));

test('answers go to who asked, also when many ask at once', async () => {
  const inspector = make();
  const [table, lag, totals] = await Promise.all([
    inspector.ask('table', jobFor('well')),
    inspector.ask('lag', jobFor('well')),
    inspector.ask('totals', jobFor('well')),
  ]);
  expect(table.rows).toBe(12);
  expect(lag[0]?.end).toBe('12');
  expect(totals.deliveries.sent).toBe(3);
});

test('a refusal arrives as the error that the engine named', async () => {
  await expect(make().ask('lag', jobFor('inspect-refuse'))).rejects.toMatchObject({
    code: 'NOT_ALLOWED_NOW',
    action: 'Wait.',
  });
});

test('a thread that dies rejects all that is open, and the next question gets a fresh one', async () => {
  const inspector = make();
  const open = [inspector.ask('lag', jobFor('inspect-die')), inspector.ask('table', jobFor('inspect-hang'))];
  for (const each of open) await expect(each).rejects.toMatchObject({ code: 'WORKER_DIED' });
  await expect(inspector.ask('table', jobFor('well'))).resolves.toMatchObject({ rows: 12 });
});

test('a thread that does not answer is given up in time and replaced', async () => {
  const inspector = make(200);
  await expect(inspector.ask('lag', jobFor('inspect-hang'))).rejects.toMatchObject({
    code: 'WORKER_DIED',
    seen: expect.stringContaining('0.2 s'),
  });
  const patient = make();
  await expect(patient.ask('lag', jobFor('well'))).resolves.toHaveLength(1);
});

test('closing rejects what is still open', async () => {
  const inspector = make();
  const asked = inspector.ask('lag', jobFor('inspect-hang'));
  inspector.close();
  await expect(asked).rejects.toMatchObject({ code: 'WORKER_DIED' });
});
