/** A process of its own that adds one batch with small limits, and prints what it cost: `node large-batch.ts FOLDER ROWS`. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { openBronzeSink } from '../../../src/pipeline/bronze/sink.ts';
import { systemClock } from '../../../src/pipeline/clock.ts';
import type { TopicRecord } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { BATCH_TIME } from '../support/columns.ts';
import { afterOf, envelope } from '../support/records.ts';

const MIB = 1024 * 1024;
const DAYS = 20;
/** Records of one answer of a broker. */
const BLOCK = 1_000;

const [root = '', count = ''] = process.argv.slice(2);
const rows = Number(count);

const sink = openBronzeSink({
  store: openLocalStore(path.join(root, 'table')),
  path: root,
  quarantine: { put: async () => undefined },
  clock: systemClock,
  log: () => undefined,
  checkOwner: async () => undefined,
  limits: { columnBytes: 8 * MIB, encodedBytes: 4 * MIB, fileBytes: 16 * MIB, spillFolder: root },
});
const range = { start: new Map([[0, 0n]]), end: new Map([[0, BigInt(rows)]]) };
const batch = {
  id: 0,
  timestamp: BATCH_TIME,
  queryId: 'q',
  topic: 't',
  clusterId: 'c',
  range,
  gaps: [],
  records: blocks(),
};
const { outputRows, extras } = await sink.addBatch(batch);
console.log(JSON.stringify({ outputRows, files: extras.files, peakMb: process.resourceUsage().maxRSS / 1024 }));

/** One message, with a number of its own and a day among twenty in each copy. */
async function* blocks(): AsyncGenerator<TopicRecord[]> {
  const number = 't00000000000000000000000000000000';
  const pattern = Buffer.from(envelope({ ...afterOf(0), trans_num: number, trans_date_trans_time: 1546300800000000 }));
  const [numberAt, timeAt] = [pattern.indexOf(number), pattern.indexOf('1546300800000000')];
  for (let first = 0; first < rows; first += BLOCK) {
    const bytes = Buffer.alloc(BLOCK * pattern.length);
    yield Array.from({ length: Math.min(BLOCK, rows - first) }, (_, n) => {
      const value = bytes.subarray(n * pattern.length, (n + 1) * pattern.length);
      pattern.copy(value);
      value.write(
        createHash('md5')
          .update(String(first + n))
          .digest('hex'),
        numberAt + 1,
      );
      value.write(String(1546300800000000 + (n % DAYS) * 86_400_000_000 + n), timeAt);
      return { partition: 0, offset: BigInt(first + n), timestamp: 0, key: null, value };
    });
  }
}
