/** The one file that knows `pg`: a small pool with deadlines, transactions, and errors that the engine understands. */
import pg from 'pg';
import { SluiceError } from './errors.ts';
import type { PostgresSettings, PostgresTls } from './job-settings.ts';

export type SqlValue = string | number | bigint | boolean | Buffer | Date | null | readonly SqlValue[];
export type Row = Record<string, unknown>;

/** Something that answers a query: the pool, or the one connection of a transaction. */
export interface Sql {
  /** Runs one statement with `$n` parameters. 64-bit integers and numerics come back as text. */
  query<R extends Row = Row>(text: string, values?: readonly SqlValue[]): Promise<R[]>;
}

export interface Database extends Sql {
  /** Runs `work` in one transaction; any throw rolls back. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly max?: number;
  /** Longest statement, ms. 0 = none, for snapshots and bulk loads. */
  readonly statementTimeoutMs?: number;
  readonly applicationName?: string;
  /** An idle connection stays open, for what belongs to a session. */
  readonly keepsSession?: boolean;
  /** Settings of the server for these connections, as its command line takes them. */
  readonly flags?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** SQLSTATE classes after which the same statement may succeed: connection, rollback, resources, shutdown. */
/** Classes whose words and details repeat values: data exceptions and broken constraints. */
const VALUE_CLASSES = ['22', '23'];
const RETRYABLE_CLASSES = ['08', '40', '53', '57'];

/** Opens a lazy pool; nothing is connected before the first query. */
export function openDatabase(settings: PostgresSettings, options: DatabaseOptions = {}): Database {
  const timeout = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    password: settings.password,
    database: settings.database,
    ssl: toSsl(settings.tls ?? null),
    max: options.max ?? 4,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: options.applicationName ?? 'sluice',
    ...(options.keepsSession ? { idleTimeoutMillis: 0 } : {}),
    ...(options.flags ? { options: options.flags } : {}),
    types: { getTypeParser: exactTypeParser as typeof pg.types.getTypeParser },
    ...(timeout > 0 ? { statement_timeout: timeout, query_timeout: timeout + 5_000 } : {}),
  });
  // An idle connection that breaks must not end the process; the next query reports it.
  pool.on('error', () => undefined);
  return {
    query: (text, values) => runQuery(pool, text, values),
    transaction: (work) => runTransaction(pool, work),
    close: () => pool.end(),
  };
}

function toSsl(tls: PostgresTls | null): pg.PoolConfig['ssl'] {
  if (tls === null) return false;
  return {
    rejectUnauthorized: tls.mode !== 'require',
    ...(tls.ca !== null && { ca: tls.ca }),
    ...(tls.mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  };
}

/** SQLSTATE of an error from PostgreSQL, e.g. `23503`, or null. */
export function sqlState(error: unknown): string | null {
  const cause = error instanceof SluiceError ? error.cause : error;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

async function runQuery<R extends Row>(
  on: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly SqlValue[] = [],
): Promise<R[]> {
  try {
    const result = await on.query<R>(text, values.map(toParameter));
    return result.rows;
  } catch (error) {
    throw sqlError(error);
  }
}

async function runTransaction<T>(pool: pg.Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw sqlError(error);
  });
  let broken: Error | undefined;
  const onError = (error: Error): void => void (broken = error);
  client.on('error', onError);
  try {
    await runQuery(client, 'BEGIN');
    const value = await work({ query: (text, values) => runQuery(client, text, values) });
    await runQuery(client, 'COMMIT');
    return value;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => (broken = rollbackError));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Dates and timestamps stay text: a JavaScript Date would cut microseconds. */
function exactTypeParser(oid: number, format?: string): unknown {
  const keepText = [1082, 1114, 1184].includes(oid);
  if (keepText && format !== 'binary') return (value: string) => value;
  return pg.types.getTypeParser(oid, format as 'text');
}

function toParameter(value: SqlValue): unknown {
  if (typeof value === 'bigint') return value.toString();
  return Array.isArray(value) ? value.map(toParameter) : value;
}

function sqlError(failure: unknown): SluiceError {
  const state = (failure as { code?: string }).code ?? '';
  const isServerAnswer = /^[0-9A-Z]{5}$/.test(state);
  const error = VALUE_CLASSES.includes(state.slice(0, 2)) && isServerAnswer ? withoutValues(failure, state) : failure;
  const retryable = !isServerAnswer || RETRYABLE_CLASSES.includes(state.slice(0, 2));
  return new SluiceError('SQL_UNAVAILABLE', {
    tried: 'Asking PostgreSQL',
    seen: `${state ? `${state} ` : ''}${(error as Error).message}`,
    expected: 'an answer in time',
    action: 'Check that PostgreSQL runs and accepts this user; the query tries again by itself when it can.',
    retryable,
    cause: error,
  });
}

/** What can be told without a card number in it: the state and the constraint. */
function withoutValues(failure: unknown, state: string): Error {
  const { constraint } = failure as { constraint?: string };
  const what = constraint === undefined ? 'a value does not fit' : `the constraint ${constraint} does not hold`;
  return Object.assign(new Error(`${what} (the values are not repeated here)`), { code: state });
}
