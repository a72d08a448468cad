/** The day on which a Spark cluster runs the queries of the story. */
import type { ErrorView, HandOverPlan, QueryView, Snapshot, TakeOverPlan } from '../../../src/console/contract.ts';
import type { LeaseView } from '../../../src/pipeline/events.ts';
import { full, NOW } from './story.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const spark: LeaseView = {
  runId: '5b1d7e02-90c1-4a37-8f5e-2f6a1c9d4e10',
  host: 'etl-driver-2.cluster.internal',
  pid: 28_114,
  epoch: 13,
  since: NOW - 3 * HOUR,
  renewedAt: NOW - 4_000,
  engine: 'spark',
};

function fenced(): ErrorView {
  return {
    code: 'FENCED',
    message: 'Taking the lease of the checkpoint: it belongs to Spark',
    tried: 'Taking the lease of the checkpoint',
    seen: `it belongs to Spark, process ${spark.pid} on ${spark.host}`,
    expected: 'a checkpoint that nobody else writes to',
    action: 'Nothing is lost: Spark goes on from the last batch. Stop its program, then start here again.',
    retryable: false,
  };
}

/** Spark runs Bronze; Alert as well, and its alerts are sent from here. */
export function onSpark(): Snapshot {
  const base = full();
  const { bronze, alert } = base.queries;
  const state = { batches: [], totals: { rows: 0, batches: 0, deadLetters: 0, notes: 0 } };
  const runner = { engine: 'spark', owner: spark, writtenAt: NOW - 7_000, table: null } as const;
  return {
    ...base,
    queries: {
      bronze: {
        ...bronze,
        ...state,
        state: 'FAILED',
        error: fenced(),
        since: NOW - 2 * HOUR,
        headline: 'Spark runs Bronze.',
        detail: 'Bronze keeps up. 85 records wait, the oldest for 7 s.',
        runner: {
          ...runner,
          lastBatch: 421,
          table: { version: 435, at: NOW - 6_000 },
          drains: false,
          refusal: 'Spark holds the lease of the checkpoint. Stop its program first, then take over.',
        },
      },
      alert: {
        ...alert,
        ...state,
        verdict: 'OK',
        headline: 'Spark runs Alert.',
        detail:
          'Alert keeps up. 422 records wait, the oldest for 35 s. What waits is scored here, and alerts are sent from here.',
        runner: { ...runner, lastBatch: 411, drains: true, refusal: null },
      },
    },
    checkpoints: {
      bronze: base.checkpoints.bronze && { ...base.checkpoints.bronze, owner: spark },
      alert: base.checkpoints.alert && { ...base.checkpoints.alert, owner: { ...spark, pid: 28_340 } },
    },
  };
}

/** Spark was stopped, and the console has looked again. */
export function freed(): Snapshot {
  const base = onSpark();
  const bronze: QueryView = {
    ...base.queries.bronze,
    verdict: 'STOPPED',
    headline: 'Bronze is free again.',
    detail: '85 records wait, the oldest for 7 s. Start goes on after the last committed batch.',
    runner: null,
  };
  const { bronze: checkpoint } = base.checkpoints;
  return {
    ...base,
    queries: { ...base.queries, bronze },
    checkpoints: { ...base.checkpoints, bronze: checkpoint && { ...checkpoint, owner: null } },
  };
}

/** Nobody holds the lease of Alert that is left to Spark, and Bronze is run by another console. */
export function elsewhere(): Snapshot {
  const base = onSpark();
  const { bronze, alert } = base.queries;
  const owner: LeaseView = { ...spark, host: 'desk-of-ben', pid: 902 };
  const { engine: _, ...own } = owner;
  return {
    ...base,
    queries: {
      bronze: {
        ...bronze,
        verdict: 'WARN',
        headline: 'Another console runs Bronze.',
        runner: bronze.runner && {
          ...bronze.runner,
          engine: 'sluice',
          owner: own,
          refusal: 'Another console holds the lease of the checkpoint. Stop Bronze there.',
        },
      },
      alert: {
        ...alert,
        verdict: 'STOPPED',
        headline: 'Nobody runs Alert: it is left to Spark.',
        detail:
          '9,214 records wait, the oldest for 41 min. Start its program there, or take over. What waits is scored here, and alerts are sent from here.',
        runner: alert.runner && { ...alert.runner, owner: null, writtenAt: NOW - 41 * MINUTE },
      },
    },
  };
}

/** Spark has stopped cleanly: all can be taken over, and some of it is gone from the topic. */
export function takeOverPlan(): TakeOverPlan {
  const checkpoint = full().checkpoints.bronze;
  if (!checkpoint) throw new Error('the story has a checkpoint');
  return {
    at: NOW,
    view: {
      query: 'bronze',
      checkpoint: { ...checkpoint, owner: null, newestAt: NOW - 40_000 },
      topic: 'postgres.public.transactions',
      engine: 'Spark 3.5, or Sluice',
      writer: {
        verdict: 'gone',
        why: `The lease was given back 38 s ago by a Spark program, process ${spark.pid} on ${spark.host}.`,
      },
      table: {
        path: '/home/ada/.local/share/sluice/lakehouse/bronze/transactions',
        version: 435,
        txn: 421,
        lastCommitAt: NOW - 40_000,
        unmarkedCommits: 0,
      },
      decision: { do: 'resume', drop: null, confirm: [], rerun: null, next: 422 },
      next: { batch: 422, again: false, start: { 0: '81321', 1: '81034', 2: '81188', 3: '80876' }, end: null },
      lag: [0, 1, 2, 3].map((partition) => ({
        partition,
        logStart: '12044',
        current: '81321',
        end: '81342',
        lag: 21,
        oldestUnreadAt: NOW - 7_000,
      })),
      readAgain: {
        batches: 1_080,
        records: 128_406,
        gone: [
          { partition: 0, from: '11200', to: '12044' },
          { partition: 2, from: '11568', to: '12044' },
        ],
      },
      findings: [],
      wayBack: [],
    },
    refusal: null,
    asksWhetherStopped: false,
    does: [
      'Bronze goes on with batch 422, where the one before ended. No record is lost or doubled.',
      'Beside its batches it reads 128,406 records of 1,080 batches again, for the dead letters and notes that Spark does not write.',
      '1,320 records of them are gone from the topic: their rows are in the table, and they are marked as unaudited in the quarantine.',
      'Nothing is converted or moved: checkpoint, table and query id stay as they are, and Spark can take them over again.',
    ],
  };
}

/** Spark still runs. */
export function refusedPlan(): TakeOverPlan {
  const plan = takeOverPlan();
  const why = `The lease is held by a Spark program, process ${spark.pid} on ${spark.host}.`;
  return {
    ...plan,
    view: { ...plan.view, writer: { verdict: 'lives', why } },
    refusal: {
      code: 'NOT_ALLOWED_NOW',
      message: 'Taking over the checkpoint',
      tried: `Taking over ${plan.view.checkpoint.path}`,
      seen: why.slice(0, -1),
      expected: 'a checkpoint that Sluice can go on from, and that nobody writes any more',
      action:
        'Stop the Spark program (SIGTERM or Ctrl-C), then look again. One that takes no lease must have been silent for two minutes.',
      retryable: false,
    },
    does: [],
  };
}

/** A job without a lease, whose newest batch is open. */
export function uncertainPlan(): TakeOverPlan {
  const plan = takeOverPlan();
  const checkpoint = { ...plan.view.checkpoint, lastCommit: 420, inDoubt: true, newestAt: NOW - 3 * HOUR };
  const why = 'Nothing was written for 3 h, and a Spark that has nothing to read writes nothing.';
  const noMark =
    'The table has no mark (txn) of this query: its job writes by foreachBatch. An open batch is looked for by its time in ingestion_time.';
  return {
    ...plan,
    view: {
      ...plan.view,
      checkpoint,
      table: plan.view.table && { ...plan.view.table, txn: null, unmarkedCommits: 421, lastCommitAt: NOW - 3 * HOUR },
      writer: { verdict: 'perhaps', why },
      readAgain: null,
      findings: ['Batch 421 is promised and not confirmed.', noMark],
    },
    asksWhetherStopped: true,
    does: [
      'Bronze runs batch 421 once more, over the same offsets: it is promised, and not in the table.',
      ...plan.does.slice(3),
    ],
  };
}

export function handOverPlan(query: 'bronze' | 'alert' = 'bronze'): HandOverPlan {
  const title = query === 'bronze' ? 'Bronze' : 'Alert';
  const lines = (packages: string) =>
    [
      'AWS_ENDPOINT_URL_S3=http://minio.lan:9000',
      'AWS_REGION=eu-west-1',
      `spark-submit --packages ${packages}`,
      '--conf spark.hadoop.fs.s3a.endpoint=http://minio.lan:9000',
      '--conf spark.hadoop.fs.s3a.path.style.access=true',
      `spark/${query}.py`,
      '--brokers kafka-1.lan:9092,kafka-2.lan:9092',
      '--topic postgres.public.transactions',
      `--checkpoint s3a://lakehouse/checkpoints/${query}`,
      ...(query === 'bronze' ? ['--table s3a://lakehouse/bronze/transactions'] : ['--fraud-api http://api.lan:8000']),
      "--trigger '10 seconds'",
    ].join(' \\\n  ');
  return {
    query,
    runsHere: true,
    leaves: query === 'alert',
    obstacle: null,
    commands: [
      {
        title: 'Spark 3.5',
        text: lines(
          'io.delta:delta-spark_2.12:3.3.2,org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7,org.apache.hadoop:hadoop-aws:3.3.4',
        ),
      },
      {
        title: 'Spark 4.0',
        text: lines(
          'io.delta:delta-spark_2.13:4.0.0,org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.0,org.apache.hadoop:hadoop-aws:3.4.1',
        ),
      },
    ],
    secrets: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    notes: [
      `It prints RUNNING and the id that ${title} has here. Checkpoint and lag go on to be shown in this window.`,
      `Back: end the program (SIGTERM or Ctrl-C), then take ${title} over here. Nothing is converted either way.`,
    ],
  };
}

export const noHandOver = (): HandOverPlan => ({
  query: 'bronze',
  runsHere: true,
  leaves: false,
  obstacle:
    'The topic of the embedded stack is a table of its own PostgreSQL, which Spark cannot read. A query can be handed over on the docker stack and on servers of your own.',
  commands: [],
  secrets: [],
  notes: [],
});
