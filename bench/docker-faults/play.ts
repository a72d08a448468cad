/** One case: a fault under load, the way back, and what became of every row. */
import type { RunningFlow } from '../../test/stack/docker/with-flow.ts';
import { inflict, until, type Fault, type Service } from './faults.ts';

export interface Outcome {
  readonly service: Service;
  readonly fault: Fault;
  /** From the fault to a service that is healthy again. */
  readonly backSeconds: number;
  /** From there to the message about a fraud that was inserted then; null when it never came. */
  readonly slackSeconds: number | null;
  /** From there until Bronze has read everything. */
  readonly bronzeSeconds: number | null;
  readonly transactions: number;
  /** Records of the topic, re-deliveries by Debezium included. */
  readonly records: number;
  /** Transactions or records without a row. */
  readonly lost: number;
  /** Rows beyond the records of the topic. */
  readonly doubled: number;
  /** Transactions that are not scored. */
  readonly unscored: number;
  /** Frauds of which no message came. */
  readonly untold: number;
  /** States of the queries that were seen on the way, beside RUNNING, and what they waited for. */
  readonly states: readonly string[];
}

export async function playCase(running: RunningFlow, service: Service, fault: Fault): Promise<Outcome> {
  const { stack, flow } = running;
  const seen = new Set<string>();
  const watching = new AbortController();
  const watch = watchStates(running, seen, watching.signal);
  const began = Date.now();
  await inflict(running, service, fault);
  const backAt = Date.now();
  const marker = await insertWhenPossible(running);
  const slackSeconds = await seconds(backAt, async () =>
    (await flow.messages()).some(({ body }) => body.includes(marker)),
  );
  const bronzeSeconds = await seconds(backAt, async () => (await lagOf(running, 'bronze')) < 100);
  watching.abort();
  await watch;
  const settled = await settle(running);
  await stack.compose(['start', 'data-producer']);
  const backSeconds = round((backAt - began) / 1_000);
  return { service, fault, backSeconds, slackSeconds, bronzeSeconds, ...settled, states: [...seen] };
}

/** Lets the producer stop and the queries read everything, then counts. */
async function settle(running: RunningFlow) {
  const { stack, flow } = running;
  await stack.compose(['stop', 'data-producer']);
  const count = async (sql: string): Promise<number> => Number((await flow.frauddb.query<{ n: string }>(sql))[0]?.n);
  const waiting =
    'SELECT count(*) AS n FROM transactions t WHERE NOT EXISTS (SELECT FROM fraud_predictions p WHERE p.trans_num = t.trans_num)';
  const unsent = "SELECT count(*) AS n FROM sluice.outbox WHERE state NOT IN ('sent', 'suppressed')";
  await until(async () => (await count(waiting)) + (await count(unsent)) === 0);
  await until(
    async () =>
      (await lagOf(running, 'bronze')) === 0 &&
      (await flow.table()).distinct_trans_num === (await count('SELECT count(*) AS n FROM transactions')),
    60_000,
  );
  const { lag } = await flow.snapshot();
  const records = (lag.bronze?.partitions ?? []).reduce(
    (sum, each) => sum + Number(each.end) - Number(each.logStart),
    0,
  );
  const { rows, distinct_trans_num } = await flow.table();
  const transactions = await count('SELECT count(*) AS n FROM transactions');
  const frauds = await flow.frauddb.query<{ trans_num: string }>(
    "SELECT trans_num FROM sluice.outbox WHERE state <> 'suppressed'",
  );
  const said = (await flow.messages()).map(({ body }) => body).join('\n');
  return {
    transactions,
    records,
    lost: Math.max(0, transactions - distinct_trans_num) + Math.max(0, records - rows),
    doubled: Math.max(0, rows - records),
    unscored: await count(waiting),
    untold: frauds.filter(({ trans_num }) => !said.includes(trans_num)).length,
  };
}

async function lagOf({ flow }: RunningFlow, query: 'bronze' | 'alert'): Promise<number> {
  return (await flow.snapshot()).lag[query]?.total ?? Infinity;
}

async function insertWhenPossible({ flow }: RunningFlow): Promise<string> {
  let transNum = '';
  await until(async () => {
    transNum = (await flow.insert('suspicious')).transNum;
    return true;
  });
  return transNum;
}

async function watchStates({ flow }: RunningFlow, seen: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { queries } = await flow.snapshot().catch(() => ({ queries: {} }));
    for (const { name, state, error } of Object.values(queries)) {
      if (state !== 'RUNNING') seen.add(`${name}:${state}${error === null ? '' : `(${error.code})`}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
}

async function seconds(since: number, test: () => Promise<boolean>): Promise<number | null> {
  return (await until(test)) ? round((Date.now() - since) / 1_000) : null;
}

const round = (value: number): number => Math.round(value * 10) / 10;
