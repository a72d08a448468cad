/** The way of one fraud of the story, whole; what has not happened yet is left out by the tests. */
import type { ScoreExplanation } from '../../../src/pipeline/events.ts';
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

/** An ordinary payment: scored, not a fraud, told to nobody. */
export function ordinary(): TransactionTrace {
  const whole = trace();
  const modelVersion = 'trees-history-2026-01-15-381710b84466';
  const prediction = {
    probability: 0.0231,
    isFraud: false,
    level: 'LOW',
    modelVersion,
    at: NOW - 3_000,
    batchId: 417,
  } as const;
  const stored = {
    at: NOW - 60_000,
    amount: '38.20',
    merchant: 'Kilback LLC',
    category: 'food_dining',
    initials: 'M. R.',
    card: '•••• 7719',
  };
  return { ...whole, transNum: '5d0e8b2f4a7c4d3e9a1b2c3d4e5f6071', stored, prediction, delivery: null };
}

/** Why it got its score. */
export function explanation(): ScoreExplanation {
  const { transNum, prediction, stored } = ordinary();
  const inputs = [
    { feature: 'amt_to_mean', value: 0.6, contribution: -1.32 },
    { feature: 'hour', value: 23, contribution: 1.21 },
    { feature: 'category', value: 1, contribution: -0.84 },
    { feature: 'seconds_since_last', value: 86_400, contribution: -0.42 },
    { feature: 'amt', value: 38.2, contribution: 0.37 },
    { feature: 'count_24h', value: 1, contribution: -0.21 },
    { feature: 'new_category', value: 0, contribution: -0.1 },
    { feature: 'age', value: 41, contribution: 0.06 },
    { feature: 'day_of_week', value: 2, contribution: -0.02 },
  ];
  return {
    transNum,
    stored: { probability: prediction?.probability ?? 0, modelVersion: prediction?.modelVersion ?? '' },
    category: stored?.category ?? '',
    probability: prediction?.probability ?? 0,
    isFraud: false,
    level: 'LOW',
    modelVersion: prediction?.modelVersion ?? '',
    ruleBased: false,
    shape: 'history',
    contributions: { base: -2.48, inputs },
    explanation: ['Late hour: 23 h (+1.21)', 'Amount $38.20 (+0.37)'],
    defaultsUsed: ['age'],
  };
}

/** A number that nobody has seen. */
export function noTrace(transNum: string): TransactionTrace {
  const bronze = { batch: null, rows: [], files: 0, filesSearched: 0 };
  return { transNum, event: null, stored: null, bronze, prediction: null, waiting: null, delivery: null };
}
