/** From a request of `/predict/raw` to the values a model asks for: the same as in training and in `services/fraud-api`. */
import type { CardHistory } from '../../../pipeline/alert/history.ts';
import type { Model } from './model-file.ts';

/** A request whose gaps are filled with the defaults of the API. */
export interface ScoreInput {
  readonly amt: number;
  readonly hour: number;
  /** Monday is 0. */
  readonly day_of_week: number;
  readonly age: number;
  readonly gender: string;
  readonly category?: string | undefined;
  readonly history?: CardHistory | undefined;
}

const NEVER = -1;
/** A category that the model has not seen. It is scored as if nobody had told the category. */
const UNKNOWN_CATEGORY = Number.NaN;

/** One value for each of `model.features`. A model of shape `history` needs `input.history`. */
export function valuesOf(input: ScoreInput, model: Model): Float64Array {
  const category = model.categories.indexOf(input.category ?? '');
  const known: Record<string, number> = {
    amt: input.amt,
    hour: input.hour,
    day_of_week: input.day_of_week,
    age: input.age,
    is_female: input.gender === 'F' ? 1 : 0,
    category: category < 0 ? UNKNOWN_CATEGORY : category,
    ...(input.history ? historyValues(input.amt, input.history) : {}),
  };
  return Float64Array.from(model.features, (name) => {
    const value = known[name];
    if (value === undefined) throw new RangeError(`the model ${model.version} asks for ${name}, which was not given`);
    return value;
  });
}

/** A card without a past is taken as ordinary: ratio 1, not above its mean. */
function historyValues(amt: number, history: CardHistory): Record<string, number> {
  const { mean_amt: mean, spread_amt: spread } = history;
  return {
    seconds_since_last: history.seconds_since_last ?? NEVER,
    amt_to_mean: mean !== null && mean > 0 ? amt / mean : 1,
    amt_above_mean: mean !== null && spread !== null && spread > 0 ? (amt - mean) / spread : 0,
    count_1h: history.count_1h,
    sum_1h: history.sum_1h,
    count_24h: history.count_24h,
    sum_24h: history.sum_24h,
    new_category: history.new_category,
  };
}
