import { describe, expect, it } from 'vitest';
import { checkSameSource, readSeen } from '../../../src/pipeline/ownership/identity.ts';
import { openWitness } from '../../../src/pipeline/ownership/witness.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { memorySource, type MemorySource } from '../support/memory-source.ts';
import { tempFolder } from '../support/temp.ts';

const POSITION = new Map([
  [0, 3n],
  [1, 0n],
]);

describe('the source', () => {
  it('is the same when cluster and last record are', async () => {
    const source = filled(['a', 'b', 'c', 'd']);
    await expect(checkSameSource(await witness(source), source, POSITION)).resolves.toBeUndefined();
  });

  it.each([
    ['another cluster holds it', (source: MemorySource) => void (source.cluster = 'cluster-b'), /cluster cluster-b/],
    [
      'it was made anew with other records',
      () => filled(['x', 'y', 'z', 'd']),
      /another record at partition 0, offset 2/,
    ],
    ['it ends before the checkpoint', () => filled(['a']), /partition 0 ends at 1/],
  ])('has changed when %s', async (_name, change, seen) => {
    const source = filled(['a', 'b', 'c', 'd']);
    const before = await witness(source);
    const now = change(source) ?? source;
    await expect(checkSameSource(before, now, POSITION)).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
      seen: expect.stringMatching(seen),
    });
  });

  it('is taken as the same when retention has removed the last record', async () => {
    const source = filled(['a', 'b', 'c', 'd']);
    const before = await witness(source);
    source.truncate(0, 3n);
    await expect(checkSameSource(before, source, POSITION)).resolves.toBeUndefined();
  });
});

function filled(values: string[]): MemorySource {
  const source = memorySource();
  source.append(0, values);
  return source;
}

/** Reads up to the position as a batch does, and gives back what was kept. */
async function witness(source: MemorySource) {
  const store = openLocalStore(tempFolder());
  const kept = openWitness(store, { clusterId: source.cluster, topic: source.topic }, null);
  const range = { start: new Map([[0, 0n]]), end: POSITION };
  for await (const _chunk of kept.watch(source.read(range, new AbortController().signal)));
  await kept.write();
  const seen = await readSeen(store);
  if (!seen) throw new Error('nothing was kept');
  return seen;
}
