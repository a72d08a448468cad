/**
 * The long past of cards, remembered between batches: what the rows before a boundary add up to. It lies a week before
 * whatever was asked, so that rows which arrive out of order are still read from the table; what could make a sum untrue
 * makes it forgotten.
 */

/** What all rows of a card before `until` add up to. Exact: sums are NUMERIC, as text. */
export interface CardPast {
  readonly card: bigint;
  /** ms since 1970, itself excluded. `-Infinity`: nothing lies before it. */
  readonly until: number;
  readonly rows: string;
  readonly total: string;
  readonly squares: string;
  readonly categories: readonly string[];
  /** When its beginning was read, ms since 1970. */
  readonly readAt: number;
}

/** A past that is to be read on, up to `until`. */
export interface Extension {
  readonly from: CardPast;
  readonly until: number;
}

export interface CardPasts {
  /** What is remembered of a card whose earliest asked row is at `asked` (ms since 1970), and whether to read on. */
  recall(card: bigint, asked: number, now: number): CardPast | Extension;
  /** Remembers pasts that were read, unless something was forgotten since the generation `since`. */
  remember(pasts: readonly CardPast[], since: number): void;
  /** Rises whenever everything is forgotten. */
  generation(): number;
  /** Rows were changed or deleted, nobody knows which. */
  forget(): void;
}

/** How far before an asked row the boundary lies at least, and how much farther it may fall behind. */
const LAG_MS = 7 * 86_400_000;
const LONGEST_LAG_MS = 2 * LAG_MS;
/** Whatever this query is not told of, such as a hand in the database, counts after so long. */
const LIFE_MS = 60_000;
/** Of the cards seen last; a card takes less than 1 KB. */
const MOST_CARDS = 10_000;

export function makeCardPasts(): CardPasts {
  const known = new Map<bigint, CardPast>();
  let generation = 0;
  return {
    recall: (card, asked, now) => {
      const found = known.get(card);
      const lives = found !== undefined && now >= found.readAt && now < found.readAt + LIFE_MS;
      // A row from before the boundary is either asked again or new, and then the sums lack it.
      const past = lives && asked >= found.until ? found : nothing(card, now);
      return asked - past.until > LONGEST_LAG_MS ? { from: past, until: asked - LAG_MS } : past;
    },
    remember: (pasts, since) => {
      if (since !== generation) return;
      for (const past of pasts) {
        known.delete(past.card);
        known.set(past.card, past);
      }
      for (const card of known.keys()) {
        if (known.size <= MOST_CARDS) break;
        known.delete(card);
      }
    },
    generation: () => generation,
    forget: () => {
      generation += 1;
      known.clear();
    },
  };
}

function nothing(card: bigint, now: number): CardPast {
  return { card, until: -Infinity, rows: '0', total: '0', squares: '0', categories: [], readAt: now };
}
