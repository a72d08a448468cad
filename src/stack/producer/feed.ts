/** Where the producer's rows come from: a CSV file or the generator, both resumable by a number. */
import path from 'node:path';
import { readCsv } from './csv.ts';
import { createGenerator } from './generator.ts';
import type { ProducerSettings } from '../stack.ts';
import type { Transaction } from './transaction.ts';

/** One row with the number to resume after. A bad line has no transaction. */
export type FeedItem =
  { readonly number: number; readonly transaction: Transaction } | { readonly number: number; readonly bad: string };

export interface Feed {
  /** Identity in `producer_checkpoint`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Items after number `after`. */
  items(after: number): AsyncIterable<FeedItem>;
}

export function openFeed({ csv, seed }: ProducerSettings): Feed {
  if (csv === null) {
    return {
      name: `generated, seed ${seed}`,
      title: `generated transactions, seed ${seed}`,
      items: (after) => generated(seed, after),
    };
  }
  const file = path.resolve(csv);
  return { name: file, title: path.basename(file), items: (after) => lines(file, after) };
}

async function* generated(seed: number, after: number): AsyncGenerator<FeedItem> {
  let number = after;
  for (const transaction of createGenerator(seed).rows(after)) {
    yield { number: (number += 1), transaction };
  }
}

async function* lines(file: string, after: number): AsyncGenerator<FeedItem> {
  for await (const each of readCsv(file, after)) {
    yield 'bad' in each ? { number: each.line, bad: each.bad } : { number: each.line, transaction: each.transaction };
  }
}
