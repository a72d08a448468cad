/** Many rows through one query: memory must not grow with them. */
import type { Source, TopicRecord } from '../../src/pipeline/ports.ts';
import { messageFile, readMessages } from '../support/message-file.ts';
import { runBatches } from './query.ts';

const BATCH_ROWS = 50_000;
/** They come again and again; a batch has rows of half of the days. */
const FILE_ROWS = 100_000;
const DAYS = 40;
const GOAL = 1.1;
/** Until then caches fill and the heap finds its size. */
const WARM_UP = 0.2;

export async function manyRows(root: string, rows: number) {
  const batches = Math.ceil(rows / BATCH_ROWS);
  const topic = endlessTopic();
  const memory: number[] = [];
  const cpu: number[] = [];
  let before = process.cpuUsage();
  let written = 0;
  await runBatches(root, topic.source, batches, topic.feed, ({ progress }) => {
    const now = process.cpuUsage();
    cpu.push((now.user + now.system - before.user - before.system) / progress.numInputRows);
    before = now;
    memory.push(process.memoryUsage().rss / 1024 ** 2);
    written += progress.sink.numOutputRows;
  });
  const early = Math.max(...memory.slice(Math.floor(batches * WARM_UP), Math.ceil(batches * (WARM_UP + 0.1))));
  const late = Math.max(...memory.slice(-Math.ceil(batches / 10)));
  return {
    rows: written,
    batches,
    rssMiBEarly: Math.round(early),
    rssMiBLate: Math.round(late),
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    growth: Math.round((late / early) * 100) / 100,
    goal: GOAL,
    cpuMicrosPerRow: Math.round((cpu.reduce((sum, each) => sum + each, 0) / cpu.length) * 100) / 100,
    met: late / early <= GOAL && written === batches * BATCH_ROWS,
  };
}

/** One partition that gets the messages of a file again and again, and keeps none of them. */
function endlessTopic(): { source: Source; feed: () => void } {
  const file = messageFile(FILE_ROWS, { days: DAYS, sorted: true });
  let [next, end] = [0n, 0n];
  async function* read(): AsyncIterable<readonly TopicRecord[]> {
    while (next < end) {
      for (const block of readMessages(file)) {
        const records = block.slice(0, Number(end - next)).map((each) => ({ ...each, offset: next++ }));
        if (records.length > 0) yield records;
        if (next >= end) break;
      }
    }
  }
  const source: Source = {
    topic: 'endless',
    description: 'endless',
    clusterId: async () => 'none',
    bounds: async () => ({ start: new Map([[0, next]]), end: new Map([[0, end]]) }),
    offsetsAt: async () => new Map([[0, 0n]]),
    read,
    publish: async () => undefined,
    close: async () => undefined,
  };
  return { source, feed: () => void (end += BigInt(BATCH_ROWS)) };
}
