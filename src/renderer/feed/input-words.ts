/** The inputs of the model in the words of an analyst. Pure. */
import type { FraudView } from '../../pipeline/events.ts';
import { longSpan, money, plural } from '../format.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** `Amount $1,106.82`. An input that this window does not know keeps its name. */
export function inputWords(feature: string, value: number, { category }: Pick<FraudView, 'category'>): string {
  switch (feature) {
    case 'amt':
      return `Amount ${money(value.toFixed(2))}`;
    case 'hour':
      return `Hour ${value}${value < 6 || value >= 22 ? ', late night' : ''}`;
    case 'day_of_week':
      return DAYS[value] ?? `Day ${value}`;
    case 'age':
      return `Age ${value}`;
    case 'is_female':
      return value === 1 ? 'Gender F' : 'Gender M';
    case 'category':
      return value < 0 ? `Unknown category ${category}` : `Category ${category}`;
    case 'seconds_since_last':
      return value < 0 ? 'First payment of the card' : `${longSpan(value * 1_000)} after the last one`;
    case 'amt_to_mean':
      return `${value.toFixed(1)} times the card's mean`;
    case 'amt_above_mean':
      return `${Math.abs(value).toFixed(1)} spreads ${value < 0 ? 'below' : 'above'} its mean`;
    case 'count_1h':
      return `${plural(value, 'payment')} in the hour before`;
    case 'count_24h':
      return `${plural(value, 'payment')} in the day before`;
    case 'sum_1h':
      return `${money(value.toFixed(2))} in the hour before`;
    case 'sum_24h':
      return `${money(value.toFixed(2))} in the day before`;
    case 'new_category':
      return value === 1 ? 'New category for the card' : 'Category used before';
    default:
      return `${feature} ${value}`;
  }
}

/** What raised the score, the strongest first; the API's own words when it tells no contributions. */
export function reasonsOf(fraud: Pick<FraudView, 'category' | 'contributions' | 'explanation'>): string[] {
  if (fraud.contributions === null) return fraud.explanation.map((line) => line.replace(/^-\s*/, ''));
  return fraud.contributions.inputs
    .filter(({ contribution }) => contribution > 0)
    .map(({ feature, value }) => inputWords(feature, value, fraud));
}

/** `+2.41`, `−0.09` */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
