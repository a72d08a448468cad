/** What the fraud API may say, and what counts as nonsense. Pure. */
import { z } from 'zod';
import { MODEL_SHAPES, RISK_LEVELS, type Contributions, type ModelShape, type RiskLevel } from '../events.ts';

/** A score that can be stored. */
export interface Score {
  readonly transNum: string;
  /** 0 to 1, as the API rounded it. */
  readonly probability: number;
  readonly isFraud: boolean;
  readonly level: RiskLevel;
  readonly modelVersion: string;
  /** True when the API had no model and answered from its rules. */
  readonly ruleBased: boolean;
  /** Lines without their leading dash. */
  readonly explanation: readonly string[];
  /** Which model answered; null when the API does not tell. */
  readonly shape: ModelShape | null;
  /** What each input added to the score; null when the API does not tell, as for rows that it does not call fraud. */
  readonly contributions: Contributions | null;
  /** Inputs for which the API took a default. */
  readonly defaultsUsed: readonly string[];
}

const MODEL_VERSION_WIDTH = 50;
const LINE_WIDTH = 300;
const MAX_LINES = 12;
const MAX_INPUTS = 50;
const Name = z.string().max(60).transform(clean);

const Prediction = z.object({
  trans_num: z.string(),
  is_fraud_predicted: z.union([z.literal(0), z.literal(1)]),
  fraud_probability: z.number().min(0).max(1),
  risk_level: z.enum(RISK_LEVELS),
  model_version: z.string().min(1),
  feature_explanation: z.union([z.string(), z.array(z.string())]).nullish(),
  // What follows only our own API tells: an answer is not thrown away because of it.
  shape: z.enum(MODEL_SHAPES).nullish().catch(null),
  contributions: z
    .object({
      base_value: z.number(),
      features: z.array(z.object({ feature: Name, value: z.number(), contribution: z.number() })).max(MAX_INPUTS),
    })
    .transform(({ base_value: base, features }) => ({ base, inputs: features.sort(byStrength) }))
    .nullish()
    .catch(null),
  defaults_used: z.array(Name).max(MAX_INPUTS).nullish().catch(null),
});
const BatchAnswer = z.object({ predictions: z.array(z.unknown()) });

/** Reads one prediction about `transNum`, or says in one sentence why it is none. */
export function readPrediction(value: unknown, transNum: string): Score | string {
  const parsed = Prediction.safeParse(value);
  if (!parsed.success) return `The fraud API answered nonsense: ${firstIssue(parsed.error)}.`;
  if (parsed.data.trans_num !== transNum) return 'The fraud API answered about another transaction.';
  const version = clean(parsed.data.model_version).slice(0, MODEL_VERSION_WIDTH);
  return {
    transNum,
    probability: parsed.data.fraud_probability,
    isFraud: parsed.data.is_fraud_predicted === 1,
    level: parsed.data.risk_level,
    modelVersion: version,
    ruleBased: version.startsWith('rule_based'),
    explanation: explanationLines(parsed.data.feature_explanation ?? ''),
    shape: parsed.data.shape ?? null,
    contributions: parsed.data.contributions ?? null,
    defaultsUsed: parsed.data.defaults_used ?? [],
  };
}

/** Reads the list inside an answer of `/predict/batch/raw`; null when it does not have one entry for each row asked. */
export function readBatch(value: unknown, rows: number): readonly unknown[] | null {
  const parsed = BatchAnswer.safeParse(value);
  return parsed.success && parsed.data.predictions.length === rows ? parsed.data.predictions : null;
}

/** The API marks its reasons with a dash; a text without any dash is taken line by line. */
function explanationLines(text: string | readonly string[]): string[] {
  const lines = (typeof text === 'string' ? text.split('\n') : text).map((line) => clean(line).trim());
  const reasons = lines.filter((line) => line.startsWith('- '));
  return (reasons.length > 0 ? reasons.map((line) => line.slice(2)) : lines)
    .filter((line) => line !== '')
    .slice(0, MAX_LINES)
    .map((line) => line.slice(0, LINE_WIDTH));
}

/** PostgreSQL stores no NUL and no half of a surrogate pair; other control characters have no place in a line either. */
function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Surrogate}]/gu, ' ');
}

function byStrength(a: { readonly contribution: number }, b: { readonly contribution: number }): number {
  return Math.abs(b.contribution) - Math.abs(a.contribution);
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'it has another shape';
}
