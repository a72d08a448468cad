/** What goes into the topic while owners change: rows, and everything that gives none. Every record is remembered. */
import type { Producer } from 'kafkajs';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';

export interface Load {
  readonly rows: Set<string>;
  /** `partition/offset` of records that give no row and are no declared skip. */
  readonly bad: Set<string>;
  /** `partition/offset/column` of values that are bent. */
  readonly bent: Set<string>;
  readonly records: () => number;
  stop(): Promise<void>;
}

const EVERY_MS = 50;
export const PARTITIONS = 3;

/** Sends about `rate` records a second until it is stopped. */
export function startLoad(producer: Producer, topic: string, rate: number): Load {
  const [rows, bad, bent] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const count = Math.max(1, Math.round((rate * EVERY_MS) / 1_000 / PARTITIONS));
  let made = 0;
  let running = true;

  async function send(partition: number): Promise<void> {
    const some = Array.from({ length: count }, () => makeRecord((made += 1)));
    const messages = some.map(({ value }, at) => ({ partition, key: `key-${made}-${at}`, value }));
    const [answer] = await producer.send({ topic, messages });
    const base = BigInt(answer?.baseOffset ?? '0');
    for (const [at, { kind, transNum }] of some.entries()) {
      const place = `${partition}/${base + BigInt(at)}`;
      if (kind === 'bad') bad.add(place);
      if (kind === 'bent') bent.add(`${place}/zip`);
      if (kind === 'row' || kind === 'bent') rows.add(transNum);
    }
  }

  const loop = (async () => {
    while (running) {
      const began = Date.now();
      for (let partition = 0; partition < PARTITIONS; partition += 1) await send(partition);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + EVERY_MS - Date.now())));
    }
  })();
  const stop = async (): Promise<void> => {
    running = false;
    await loop;
  };
  return { rows, bad, bent, records: () => made, stop };
}

interface Made {
  readonly kind: 'row' | 'bad' | 'bent' | 'skip';
  readonly transNum: string;
  readonly value: string | null;
}

/** Of a hundred records three are bad, one is bent, two are a delete and its tombstone. */
function makeRecord(n: number): Made {
  const transNum = `t${n}`;
  switch (n % 100) {
    case 17:
      return { kind: 'bad', transNum, value: '{"before":null,"after":{"trans_num":' };
    case 41:
      return { kind: 'bad', transNum, value: 'not json' };
    case 63:
      return { kind: 'bad', transNum, value: '{"op":"c","after":null}' };
    case 77:
      return { kind: 'bent', transNum, value: envelope({ ...afterOf(n), zip: '12x' }) };
    case 88:
      return { kind: 'skip', transNum, value: envelope(null, 'd') };
    case 89:
      return { kind: 'skip', transNum, value: null };
    default:
      return { kind: 'row', transNum, value: envelope(afterOf(n)) };
  }
}
