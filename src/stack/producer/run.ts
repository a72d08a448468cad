/** One run of the producer: from the checkpoint on, until the feed ends, the wanted number is reached, or it is aborted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../pipeline/sql.ts';
import type { ProducerSettings } from '../stack.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Feed, FeedItem } from './feed.ts';
import { paceOf } from './pace.ts';
import { insertTransactions, type Transaction } from './transaction.ts';

export interface RunListener {
  onSent(rows: number): void;
  onBad(line: number, reason: string): void;
}

const BULK_ROWS = 1_000;
/** Rows that are due within this time go into one SQL transaction. */
const TICK_MS = 200;

/** Rows are committed together with the number to resume after. What was taken before an abort is still committed. */
export async function sendRows(
  frauddb: Database,
  feed: Feed,
  settings: ProducerSettings,
  signal: AbortSignal,
  listener: RunListener,
): Promise<void> {
  const from = await readCheckpoint(frauddb, feed.name);
  const until = settings.mode === 'bulk' ? settings.rows : Infinity;
  if (from >= until) return;
  const pace = paceOf(settings);
  const startedAt = Date.now();
  const batch = newBatch(frauddb, feed, from, listener);
  for await (const item of feed.items(from)) {
    const wait = 'transaction' in item ? startedAt + pace(item.transaction) - Date.now() : 0;
    if (wait > 0 || batch.size() >= BULK_ROWS) await batch.flush();
    if (wait > 0) await sleep(Math.max(wait, TICK_MS), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    batch.add(item);
    if (item.number >= until) break;
  }
  await batch.flush();
}

function newBatch(frauddb: Database, feed: Feed, from: number, { onSent, onBad }: RunListener) {
  let rows: Transaction[] = [];
  let last = from;
  let stored = from;
  return {
    size: () => rows.length,
    add(item: FeedItem): void {
      last = item.number;
      if ('transaction' in item) rows.push(item.transaction);
      else onBad(item.number, item.bad);
    },
    async flush(): Promise<void> {
      if (last === stored) return;
      await frauddb.transaction(async (sql) => {
        await insertTransactions(sql, rows);
        await writeCheckpoint(sql, feed.name, last, rows.at(-1)?.trans_num ?? null);
      });
      stored = last;
      onSent(rows.length);
      rows = [];
    },
  };
}
