/** From requests to answers: each row is answered by the model that knows most of it, or by the rules. Pure. */
import type { RiskLevel } from '../../../pipeline/events.ts';
import { RULES_VERSION, scoreByRules } from '../scorer-rules.ts';
import { valuesOf } from './inputs.ts';
import { complete, type Completed, type RawTransaction } from './request.ts';
import type { Scorers } from './store.ts';
import type { Scorer } from './trees.ts';
import { explain } from './words.ts';

/** One answer of `/predict/raw`, with the names of the wire. */
export interface Prediction {
  readonly trans_num: string | null;
  readonly is_fraud_predicted: 0 | 1;
  /** 4 decimals. This number decides about fraud and level, so that a stored score explains its own verdict. */
  readonly fraud_probability: number;
  readonly risk_level: RiskLevel;
  /** Begins with `rule_based` when no model answered. */
  readonly model_version: string;
  /** Lines that begin with `- `: for rows called fraud, and for every row when asked. */
  readonly feature_explanation: string;
  readonly shape: 'stateless' | 'history' | 'rules';
  /** Inputs that were missing or unknown. */
  readonly defaults_used: readonly string[];
  /** TreeSHAP: `base_value` and all contributions add up to the log-odds of the probability. None from the rules. */
  readonly contributions: Contributions | null;
  readonly raw_input: RawTransaction;
}

export interface Contributions {
  readonly base_value: number;
  readonly features: readonly { readonly feature: string; readonly value: number; readonly contribution: number }[];
}

const HIGH_ABOVE = 0.7;
const MEDIUM_ABOVE = 0.4;
/** JSON has no NaN. */
const UNKNOWN = -1;

/** `withReasons`: contributions and reasons for every row, not for frauds alone. */
export function predict(row: RawTransaction, scorers: Scorers, withReasons: boolean): Prediction {
  const completed = complete(row);
  const scorer = (row.history && scorers.history) || scorers.stateless;
  return scorer ? predictByModel(row, completed, scorer, withReasons) : predictByRules(row, completed);
}

export function summarise(predictions: readonly Prediction[]) {
  const count = (level: RiskLevel): number => predictions.filter(({ risk_level }) => risk_level === level).length;
  const frauds = predictions.filter(({ is_fraud_predicted }) => is_fraud_predicted === 1).length;
  return {
    predictions,
    summary: {
      total_transactions: predictions.length,
      fraud_detected: frauds,
      fraud_rate: predictions.length === 0 ? 0 : toFourDecimals(frauds / predictions.length),
      high_risk_count: count('HIGH'),
      medium_risk_count: count('MEDIUM'),
      low_risk_count: count('LOW'),
    },
  };
}

function predictByModel(row: RawTransaction, completed: Completed, scorer: Scorer, withReasons: boolean): Prediction {
  const { model } = scorer;
  const values = valuesOf({ ...completed, history: row.history ?? undefined }, model);
  const probability = toFourDecimals(scorer.probability(values));
  const isFraud = probability >= model.cut;
  const sizes = isFraud || withReasons ? scorer.contributions(values) : null;
  const knowsCategory = model.categories.includes(completed.category ?? '');
  return {
    ...verdictOf(row, probability, isFraud),
    model_version: model.version,
    feature_explanation: sizes ? asLines(explain(model, values, sizes)) : '',
    shape: model.shape,
    defaults_used: [...completed.defaultsUsed, ...(knowsCategory ? [] : ['category'])],
    contributions: sizes && contributionsOf(scorer, values, sizes),
    raw_input: row,
  };
}

function predictByRules(row: RawTransaction, completed: Completed): Prediction {
  const { probability, isFraud, explanation } = scoreByRules(completed);
  return {
    ...verdictOf(row, probability, isFraud),
    model_version: RULES_VERSION,
    feature_explanation: asLines(explanation),
    shape: 'rules',
    defaults_used: completed.defaultsUsed,
    contributions: null,
    raw_input: row,
  };
}

function verdictOf(row: RawTransaction, probability: number, isFraud: boolean) {
  return {
    trans_num: row.trans_num,
    is_fraud_predicted: isFraud ? (1 as const) : (0 as const),
    fraud_probability: probability,
    risk_level: levelOf(probability),
  };
}

function levelOf(probability: number): RiskLevel {
  if (probability > HIGH_ABOVE) return 'HIGH';
  return probability > MEDIUM_ABOVE ? 'MEDIUM' : 'LOW';
}

function contributionsOf({ model, baseValue }: Scorer, values: Float64Array, sizes: Float64Array): Contributions {
  const features = model.features.map((feature, index) => ({
    feature,
    value: Number.isNaN(values[index]) ? UNKNOWN : (values[index] ?? 0),
    contribution: sizes[index] ?? 0,
  }));
  return { base_value: baseValue, features };
}

function asLines(reasons: readonly string[]): string {
  return reasons.map((reason) => `- ${reason}`).join('\n');
}

/** A number exactly in the middle goes to the even neighbour, as numpy rounds. */
function toFourDecimals(value: number): number {
  const scaled = value * 10_000;
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  return (below + (up ? 1 : 0)) / 10_000;
}
