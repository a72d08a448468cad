/** What the fraud API is asked about one transaction: derived from the change event and from what its card did before. */
import type { TransactionRow } from '../cdc/transaction.ts';
import type { CardHistory } from './history.ts';

/** Body of `POST /predict/raw`. Distances are in km, ages in whole years, Monday is day 0. */
export interface ScoreRequest {
  readonly trans_num: string;
  readonly amt: number;
  readonly hour: number;
  readonly day_of_week: number;
  readonly distance_km: number;
  readonly age: number;
  readonly gender: string;
  readonly merchant?: string;
  readonly category?: string;
  /** Absent when the card or the time is not known: then the model of one transaction answers. */
  readonly history?: CardHistory;
}

export interface Features {
  readonly request: ScoreRequest;
  /** Inputs that could not be derived, for which the default of the old job was taken. */
  readonly defaultsUsed: readonly string[];
}

/** A transaction that can be asked about: it has a key and an amount. */
export type ScorableRow = TransactionRow & { readonly trans_num: string; readonly amt: number };

const DEFAULTS = { hour: 12, day_of_week: 0, distance_km: 10, age: 35, gender: 'M' };
const EARTH_RADIUS_KM = 6371;
const DAY_MS = 86_400_000;
/** The range of a JavaScript date; PostgreSQL's `infinity` lies outside of it. */
const MAX_TIME_MS = 8.64e15;
/** An age outside of this comes from a placeholder date, not from a person. */
const MAX_AGE = 150;

/** Derives the inputs of the score. Nothing is dropped: what cannot be derived gets its default and is named. */
export function deriveFeatures(row: ScorableRow, history?: CardHistory): Features {
  const time = transactionTime(row);
  const derived = {
    hour: time === null ? null : new Date(time).getUTCHours(),
    day_of_week: time === null ? null : (new Date(time).getUTCDay() + 6) % 7,
    distance_km: distanceKm(row),
    age: ageAt(time, row.dob),
    gender: row.gender,
  };
  const defaultsUsed = Object.keys(DEFAULTS).filter((name) => derived[name as keyof typeof DEFAULTS] === null);
  const request = {
    trans_num: row.trans_num,
    amt: row.amt,
    hour: derived.hour ?? DEFAULTS.hour,
    day_of_week: derived.day_of_week ?? DEFAULTS.day_of_week,
    distance_km: derived.distance_km ?? DEFAULTS.distance_km,
    age: derived.age ?? DEFAULTS.age,
    gender: derived.gender ?? DEFAULTS.gender,
    ...(row.merchant === null ? {} : { merchant: row.merchant }),
    ...(row.category === null ? {} : { category: row.category }),
    ...(history === undefined ? {} : { history }),
  };
  return { request, defaultsUsed };
}

/** Time of the transaction in ms since 1970, or null when the event has none that a calendar knows. */
export function transactionTime(row: TransactionRow): number | null {
  if (row.trans_date_trans_time === null || !/^-?\d{1,19}$/.test(row.trans_date_trans_time)) return null;
  const time = Math.floor(Number(row.trans_date_trans_time) / 1000);
  return Math.abs(time) <= MAX_TIME_MS ? time : null;
}

/** Haversine between home and merchant. 0.0 is a place; only a missing or impossible coordinate gives null. */
function distanceKm({ lat, long, merch_lat, merch_long }: TransactionRow): number | null {
  if (!isWithin(lat, 90) || !isWithin(merch_lat, 90) || !isWithin(long, 180) || !isWithin(merch_long, 180)) return null;
  const rise = radians(merch_lat - lat);
  const turn = radians(merch_long - long);
  const chord =
    Math.sin(rise / 2) ** 2 + Math.cos(radians(lat)) * Math.cos(radians(merch_lat)) * Math.sin(turn / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, Math.max(0, chord))));
}

/** Whole years of 365 days at the time of the transaction. */
function ageAt(time: number | null, dob: string | null): number | null {
  if (time === null || dob === null || !/^-?\d{1,10}$/.test(dob)) return null;
  const age = Math.floor((Math.floor(time / DAY_MS) - Number(dob)) / 365);
  return age >= 0 && age <= MAX_AGE ? age : null;
}

function isWithin(degrees: number | null, limit: number): degrees is number {
  return degrees !== null && Math.abs(degrees) <= limit;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
