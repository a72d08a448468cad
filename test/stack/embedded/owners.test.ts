/** A sample of `bench/owners`: real processes fight for one checkpoint, and wake up after another took over. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { race, SHORT_LEASE, zombie, type Outcome, type Zombie } from '../../../bench/owners/cases.ts';
import { judge } from '../../../bench/owners/oracle.ts';
import { openTopic, type FilledTopic } from '../../../bench/owners/topic.ts';

const noProc = process.platform === 'linux' ? null : 'whether a process is stopped is read from /proc';
if (noProc !== null) process.stderr.write(`not run: two consoles on one checkpoint: ${noProc}\n`);

describe.skipIf(noProc !== null)('two consoles on one checkpoint', () => {
  let server: FilledTopic;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-owners-'));
    server = await openTopic(60);
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function expectSound({ table, wrong }: Outcome): Promise<void> {
    expect(wrong).toEqual([]);
    const [verdict] = await judge([table], server.sent, server.ends);
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, broken: [] });
  }

  it('that start in the same moment have one winner, and the other is told by whom', async () => {
    await expectSound(await race(path.join(folder, 'race'), server.topic));
  });

  it.each<[string, Zombie['at'], Zombie['wake']]>([
    ['a commit of the table', 'b7@3', 'late'],
    ['a promise that its heir has planned too', 'b2@3', 'paused'],
    ['the end of a batch, while the checkpoint is cleared', 'b9@2', 'cleared'],
  ])('and one that falls asleep right before %s: it commits nothing when it wakes up', async (_name, at, wake) => {
    await expectSound(await zombie(path.join(folder, `${at}-${wake}`), server.topic, { at, wake, times: SHORT_LEASE }));
  });
});
