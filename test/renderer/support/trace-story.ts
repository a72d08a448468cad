/** The way of one fraud of the story, whole; what has not happened yet is left out by the tests. */
import type { TransactionTrace } from '../../../src/pipeline/trace/view.ts';
import { fraud, NOW } from './story.ts';

export function trace(index = 0): TransactionTrace {
  const { transNum, partition, offset, probability, level, modelVersion, batchId, amount, merchant, card } =
    fraud(index);
  const sent = NOW - 2_100;
  return {
    transNum,
    event: {
      partition: partition ?? 0,
      offset: offset ?? '0',
      recordedAt: NOW - 3_420,
      op: 'c',
      committedAt: NOW - 3_474,
      lsn: '0/1A9C4410',
      unread: null,
    },
    stored: {
      at: Date.UTC(2020, 5, 21, 23, 14, 7),
      amount,
      merchant,
      category: 'shopping_net',
      initials: 'J. B.',
      card,
    },
    bronze: {
      batch: { id: 417, version: 435, at: NOW - 2_900 },
      rows: [
        {
          file: 'year=2020/month=6/day=21/part-00000-5b1c1f0e-6f0b-4f4e-9d5c-0e5a4ad0f1b2.c000.snappy.parquet',
          ingestedAt: NOW - 3_000,
          version: 435,
          operation: 'STREAMING UPDATE',
        },
      ],
      files: 3,
      filesSearched: 3,
    },
    prediction: { probability, isFraud: true, level, modelVersion, at: NOW - 3_000, batchId },
    waiting: null,
    delivery: {
      state: 'sent',
      sentAt: sent,
      sends: [{ messageId: '4127', at: sent - 180, settledAt: sent, outcome: 'accepted', reason: null, alerts: 1 }],
    },
  };
}

/** A number that nobody has seen. */
export function noTrace(transNum: string): TransactionTrace {
  const bronze = { batch: null, rows: [], files: 0, filesSearched: 0 };
  return { transNum, event: null, stored: null, bronze, prediction: null, waiting: null, delivery: null };
}
