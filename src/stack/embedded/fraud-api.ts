/** The fraud API of the embedded stack, on loopback. It has no model yet: it answers from the five rules and says so. */
import { z } from 'zod';
import { listenLocally, type Answer, type LocalServer } from './http-server.ts';
import { RULES_VERSION, scoreByRules } from './scorer-rules.ts';

export interface FraudApiServer extends LocalServer {
  /** Transactions scored since the start. */
  scored(): number;
}

const MAX_BATCH = 1_000;
const optional = <T extends z.ZodType>(type: T) => type.nullish();

const Features = z.object({
  amt: z.number(),
  hour: optional(z.number().int().min(0).max(23)),
  distance_km: optional(z.number().min(0)),
  merchant: optional(z.string().max(255)),
  category: optional(z.string().max(100)),
  age: optional(z.number().int()),
  gender: optional(z.string().max(1)),
  day_of_week: optional(z.number().int().min(0).max(6)),
  trans_num: optional(z.string().max(100)),
});
const Batch = z.array(Features).max(MAX_BATCH);
type Features = z.infer<typeof Features>;

/** Starts to listen on 127.0.0.1; port 0 takes a free one. `version` is Sluice's own. */
export async function startFraudApi(port: number, version: string): Promise<FraudApiServer> {
  let scored = 0;
  const predictOne = (features: Features): Answer => {
    scored += 1;
    return { status: 200, body: predict(features) };
  };
  const predictMany = (batch: Features[]): Answer => {
    scored += batch.length;
    return { status: 200, body: predictBatch(batch) };
  };
  const server = await listenLocally('the fraud API', port, {
    'GET /': () => ({ status: 200, body: { message: 'Sluice fraud API', version } }),
    'GET /health': () => ({
      status: 200,
      body: { status: 'healthy', model_loaded: false, model_version: RULES_VERSION, version },
    }),
    'GET /model/info': () => ({ status: 200, body: MODEL_INFO }),
    'POST /model/reload': () => ({
      status: 200,
      body: { ...MODEL_INFO, reloaded: false, detail: 'There is no model to load.' },
    }),
    'POST /predict/raw': (body) => parsed(Features, body, predictOne),
    'POST /predict/batch/raw': (body) => parsed(Batch, body, predictMany),
  });
  return { ...server, scored: () => scored };
}

const MODEL_INFO = {
  model_type: 'rule_based',
  model_version: RULES_VERSION,
  model_loaded: false,
  features: ['amt', 'distance_km', 'hour', 'day_of_week'],
  threshold: 0.5,
};

function predict(features: Features) {
  const score = scoreByRules(features);
  return {
    trans_num: features.trans_num ?? null,
    is_fraud_predicted: score.isFraud ? 1 : 0,
    fraud_probability: score.probability,
    risk_level: score.level,
    model_version: RULES_VERSION,
    feature_explanation: score.explanation.join('\n'),
    raw_input: features,
  };
}

function predictBatch(batch: readonly Features[]) {
  const predictions = batch.map(predict);
  const count = (level: string): number => predictions.filter(({ risk_level }) => risk_level === level).length;
  const frauds = predictions.filter(({ is_fraud_predicted }) => is_fraud_predicted === 1).length;
  return {
    predictions,
    summary: {
      total_transactions: batch.length,
      fraud_detected: frauds,
      fraud_rate: batch.length === 0 ? 0 : Number((frauds / batch.length).toFixed(4)),
      high_risk_count: count('HIGH'),
      medium_risk_count: count('MEDIUM'),
      low_risk_count: count('LOW'),
    },
  };
}

/** 422 with a `detail` list as FastAPI words it: where, what. The value itself is not repeated. */
function parsed<T>(schema: z.ZodType<T>, body: string, use: (value: T) => Answer): Answer {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { status: 422, body: { detail: [{ loc: ['body'], msg: 'JSON decode error', type: 'json_invalid' }] } };
  }
  const result = schema.safeParse(json);
  if (result.success) return use(result.data);
  const detail = result.error.issues.map(({ path, message, code }) => ({
    loc: ['body', ...path],
    msg: message,
    type: code,
  }));
  return { status: 422, body: { detail } };
}
