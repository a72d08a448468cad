/** Contributions in plain words, the same as those of `services/fraud-api`. No line tells a person's age or gender. */
import type { Model } from './model-file.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
/** Log-odds below which an input is not worth a line. */
const LEAST = 0.1;
const MOST_LINES = 5;

/** What raised the score, the strongest first, each with its log-odds. */
export function explain(model: Model, values: Float64Array, contributions: Float64Array): string[] {
  return model.features
    .map((name, index) => ({ name, value: values[index] ?? 0, size: contributions[index] ?? 0 }))
    .filter(({ size }) => size >= LEAST)
    .sort((one, other) => other.size - one.size)
    .slice(0, MOST_LINES)
    .map(({ name, value, size }) => `${sentence(name, value, model.categories)} (+${size.toFixed(2)})`);
}

function sentence(name: string, value: number, categories: readonly string[]): string {
  const tell = SENTENCES[name];
  return tell ? tell(value, categories) : name;
}

const SENTENCES: Readonly<Record<string, (value: number, categories: readonly string[]) => string>> = {
  amt: (value) => `${value > 1_000 ? 'Amount over $1000:' : value > 500 ? 'High amount:' : 'Amount'} ${dollars(value)}`,
  hour: (value) => `${value < 6 || value >= 22 ? 'Late hour' : 'Hour'}: ${String(value).padStart(2, '0')} h`,
  day_of_week: (value) => `${value >= 5 ? 'Weekend' : 'Day'}: ${DAYS[value] ?? value}`,
  age: () => "Age of the card's owner",
  is_female: () => "Gender of the card's owner",
  // One that is not known adds nothing, so there is no line for it.
  category: (value, categories) => `Category ${categories[value] ?? value}`,
  seconds_since_last: (value) =>
    value < 0 ? 'First transaction of the card' : `${duration(value)} after the card's last transaction`,
  amt_to_mean: (value) => `${value.toFixed(1)} times the card's mean amount`,
  amt_above_mean: (value) =>
    `${Math.abs(value).toFixed(1)} spreads ${value >= 0 ? 'above' : 'below'} the card's mean amount`,
  count_1h: (value) => `${value} earlier transactions of the card within 1 h`,
  count_24h: (value) => `${value} earlier transactions of the card within 24 h`,
  sum_1h: (value) => `${dollars(value)} spent with the card within 1 h`,
  sum_24h: (value) => `${dollars(value)} spent with the card within 24 h`,
  new_category: (value) =>
    value ? 'First purchase of the card in this category' : 'Category the card has used before',
};

/** `$1,234.50`; `-$1.00` never comes from a card. */
export function dollars(value: number): string {
  const [whole = '0', cents = '00'] = value.toFixed(2).split('.');
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${cents}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.trunc(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}
