/** One connection at a time to a cluster, and every call over it with a deadline. */
import type { Cluster } from './kafka-cluster.ts';
import { lateKafka, toKafkaError } from './kafka-errors.ts';

export interface Connection {
  readonly cluster: Promise<Cluster>;
  /** When the last byte came, or when dialing began; ms of `performance.now()`. */
  readonly heardAt: () => number;
  close(): void;
}

export interface Line {
  /** @param silenceMs how long nothing may come while the call is under way */
  call<T>(tried: string, work: (cluster: Cluster) => Promise<T>, silenceMs: number): Promise<T>;
  close(): void;
}

/**
 * Every failure ends the connection: the next call dials anew, beginning with the next broker of the list.
 * @param dial connects, beginning with the broker whose turn it is
 */
export function openLine(dial: (turn: number) => Connection): Line {
  let connection: Connection | null = null;
  let dials = 0;
  return {
    call: async (tried, work, silenceMs) => {
      const mine = (connection ??= dial(dials++));
      try {
        return await inTime(tried, silenceMs, mine.heardAt, async () => work(await mine.cluster));
      } catch (error) {
        if (connection === mine) connection = null;
        mine.close();
        throw toKafkaError(tried, error);
      }
    },
    close: () => {
      connection?.close();
      connection = null;
    },
  };
}

/** How often silence is looked for. */
const CHECKS = 10;

/**
 * The deadline that holds whatever the client does: so much silence, not so much time. A slow answer comes to its end,
 * and an end that is gone without a word is soon noticed.
 */
async function inTime<T>(tried: string, silenceMs: number, heardAt: () => number, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (performance.now() - Math.max(began, heardAt()) >= silenceMs) reject(lateKafka(tried, silenceMs));
    }, silenceMs / CHECKS);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearInterval(timer);
  }
}
