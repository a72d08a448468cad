/** What clearing would do, in sentences: the most important first. Pure. */
import type { ClearFacts } from './clear-facts.ts';

interface Counts {
  readonly readAgain: number;
  readonly waiting: number;
  readonly skipped: number;
  readonly rowsDoubled: number;
}

export function describeClearing(facts: ClearFacts, counts: Counts): string[] {
  const { query, sameSource, startsFrom, objects, trash } = facts;
  const title = query === 'bronze' ? 'Bronze' : 'Alert';
  return [
    `${title} goes on from ${startsFrom}.`,
    ...(sameSource
      ? []
      : ['The topic is not the one that the checkpoint was made on: what is counted here is the topic as it is now.']),
    consequence(facts, counts),
    `${read(facts, counts)}${count(counts.waiting, 'record waits', 'records wait')} to be read.`,
    `The old checkpoint (${count(objects, 'file', 'files')}) is moved to ${trash}; nothing is deleted.`,
    'The query gets a new id: with the old one its first batches would be taken for written already.',
  ];
}

function consequence(facts: ClearFacts, { skipped, rowsDoubled }: Counts): string {
  if (facts.query === 'alert') {
    const none = 'No alert is sent again, because each transaction is alerted at most once.';
    return skipped === 0
      ? none
      : `${count(skipped, 'record is', 'records are')} skipped: never scored, and no alert tells of them.`;
  }
  switch (facts.from) {
    case 'table':
      return 'No row is lost and none is doubled, because the table itself tells how far it is.';
    case 'earliest':
      return rowsDoubled === 0
        ? 'No row is doubled, because the table holds none of what is read.'
        : `Up to ${count(rowsDoubled, 'row', 'rows')} will be in the table twice: what is there stays there.`;
    case 'latest':
      return `${count(skipped, 'record is', 'records are')} skipped: they never come into the table.`;
  }
}

const read = ({ sameSource }: ClearFacts, { readAgain }: Counts): string =>
  sameSource ? `${count(readAgain, 'record is', 'records are')} read again, ` : '';

const count = (number: number, one: string, many: string): string =>
  `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
