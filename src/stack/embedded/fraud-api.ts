/** The fraud API of the embedded stack, on loopback: the endpoints and answers of `services/fraud-api`, from the same models. */
import type { z } from 'zod';
import { listenLocally, type Answer, type LocalServer } from './http-server.ts';
import { predict, summarise } from './scorer/predict.ts';
import { RawBatch, RawTransaction } from './scorer/request.ts';
import { openModelStore, SHAPES, type Scorers } from './scorer/store.ts';
import { RULES_VERSION } from './scorer-rules.ts';

export interface FraudApiServer extends LocalServer {
  /** Transactions scored since the start. */
  scored(): number;
  /** Versions of the models that answer; none: the rules do. */
  models(): readonly string[];
  /** Why a model could not be loaded at the start, one sentence each. */
  readonly problems: readonly string[];
}

const YES = ['true', '1', 'on', 't', 'y', 'yes'];
const NO = ['false', '0', 'off', 'f', 'n', 'no'];

/** Starts to listen on 127.0.0.1; port 0 takes a free one. `folders`: where models are looked for, the first one wins. */
export async function startFraudApi(port: number, folders: readonly string[]): Promise<FraudApiServer> {
  const store = openModelStore(folders);
  const problems = await store.load();
  let scored = 0;
  const answerOne = (row: RawTransaction, withReasons: boolean): Answer => {
    scored += 1;
    return ok(predict(row, store.scorers(), withReasons));
  };
  const answerMany = (rows: readonly RawTransaction[], withReasons: boolean): Answer => {
    scored += rows.length;
    return ok(summarise(rows.map((row) => predict(row, store.scorers(), withReasons))));
  };
  const reload = async (): Promise<Answer> => {
    const found = await store.load();
    return found.length > 0 ? { status: 500, body: { detail: found.join('; ') } } : ok(infoOf(store.scorers()));
  };
  const models = (): string[] => infoOf(store.scorers()).models.map((model) => model.model_version);
  const server = await listenLocally('the fraud API', port, {
    'GET /health': () => ok({ status: 'healthy', model_loaded: models().length > 0, model_versions: models() }),
    'GET /model/info': () => ok(infoOf(store.scorers())),
    'POST /model/reload': reload,
    'POST /predict/raw': (body, query) => parsed(RawTransaction, body, query, answerOne),
    'POST /predict/batch/raw': (body, query) => parsed(RawBatch, body, query, answerMany),
  });
  return { ...server, scored: () => scored, models, problems };
}

function infoOf(scorers: Scorers) {
  const models = SHAPES.flatMap((shape) => scorers[shape]?.model ?? []).map((model) => ({
    shape: model.shape,
    model_version: model.version,
    trained: model.trained,
    cut: model.cut,
    trees: model.roots.length,
    features: model.features,
  }));
  return { model_loaded: models.length > 0, models, fallback: RULES_VERSION };
}

/** 422 with a `detail` list as FastAPI words it: where, what. The value itself is not repeated. */
function parsed<T>(
  schema: z.ZodType<T>,
  body: string,
  query: URLSearchParams,
  use: (value: T, withReasons: boolean) => Answer,
): Answer {
  const withReasons = readFlag(query.get('explain'));
  if (withReasons === null)
    return refusal([{ loc: ['query', 'explain'], msg: 'expected true or false', type: 'bool_parsing' }]);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return refusal([{ loc: ['body'], msg: 'JSON decode error', type: 'json_invalid' }]);
  }
  const result = schema.safeParse(json);
  if (result.success) return use(result.data, withReasons);
  return refusal(
    result.error.issues.map(({ path, message, code }) => ({ loc: ['body', ...path], msg: message, type: code })),
  );
}

function readFlag(text: string | null): boolean | null {
  const word = text?.toLowerCase() ?? 'false';
  if (YES.includes(word)) return true;
  return NO.includes(word) ? false : null;
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function refusal(detail: readonly unknown[]): Answer {
  return { status: 422, body: { detail } };
}
