/** What `/predict/raw` takes: the same rows as `services/fraud-api`. Numbers must be numbers; a text is refused, not guessed at. */
import { z } from 'zod';

/** The most rows in one list. */
export const MOST_ROWS = 1_000;

const amount = z.number().min(-1e8).max(1e8);
const total = z.number().min(-1e12).max(1e12);
const count = z.number().int().min(0).max(1e9);
const whole = (least: number, most: number) => z.number().int().min(least).max(most);
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);
/** Counted in characters, as PostgreSQL and Python count them. */
const text = (most: number) =>
  z.string().refine((value) => [...value].length <= most, `longer than ${most} characters`);

const History = z.object({
  seconds_since_last: z.number().min(0).max(1e12).nullable(),
  mean_amt: amount.nullable(),
  spread_amt: z.number().min(0).max(1e8).nullable(),
  count_1h: count,
  sum_1h: total,
  count_24h: count,
  sum_24h: total,
  new_category: z.union([z.literal(0), z.literal(1)]),
});

/** Only the amount is needed; what is missing is taken as the default and named. */
export const RawTransaction = z.object({
  amt: amount,
  hour: optional(whole(0, 23)),
  distance_km: optional(z.number().min(0).max(50_000)),
  merchant: optional(text(255)),
  category: optional(text(100)),
  age: optional(whole(0, 150)),
  gender: optional(text(20)),
  day_of_week: optional(whole(0, 6)),
  trans_num: optional(text(100)),
  history: optional(History),
});
export type RawTransaction = z.infer<typeof RawTransaction>;
export const RawBatch = z.array(RawTransaction).max(MOST_ROWS);

/** A row whose gaps are filled with the defaults of the API. Monday is day 0. */
export interface Completed {
  readonly amt: number;
  readonly hour: number;
  readonly day_of_week: number;
  readonly distance_km: number;
  readonly age: number;
  readonly gender: string;
  readonly category: string | undefined;
  readonly defaultsUsed: readonly string[];
}

const DEFAULTS = { hour: 12, day_of_week: 0, distance_km: 10, age: 35, gender: 'M' };

/** A gender other than M and F counts as missing. */
export function complete(row: RawTransaction): Completed {
  const gender = row.gender === 'M' || row.gender === 'F' ? row.gender : null;
  const given = { ...row, gender };
  const defaultsUsed = Object.keys(DEFAULTS).filter((name) => given[name as keyof typeof DEFAULTS] === null);
  return {
    amt: row.amt,
    hour: row.hour ?? DEFAULTS.hour,
    day_of_week: row.day_of_week ?? DEFAULTS.day_of_week,
    distance_km: row.distance_km ?? DEFAULTS.distance_km,
    age: row.age ?? DEFAULTS.age,
    gender: gender ?? DEFAULTS.gender,
    category: row.category ?? undefined,
    defaultsUsed,
  };
}
