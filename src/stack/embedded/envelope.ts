/**
 * A change of a row -> the key and value bytes that Debezium's PostgreSQL connector would write (JSON without
 * schemas). Pure; the tests hold it against messages captured from a real connector.
 */
import { encoderOf, zeroOf, type ColumnType } from './values.ts';

/** Stands for a TOAST value that the change did not touch, so that the log does not have it. */
export const UNCHANGED = Symbol('unchanged');

/** PostgreSQL's text per column; a column that is absent counts as null. */
export type Tuple = Readonly<Record<string, string | null | typeof UNCHANGED>>;

export interface Column extends ColumnType {
  readonly name: string;
  readonly notNull: boolean;
  /** The expression of the column's default, e.g. `0` or `now()`; null when it has none. */
  readonly defaultExpression: string | null;
}

export interface TableShape {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  /** The columns of the primary key. */
  readonly key: readonly string[];
}

/** One change of one row, before it is an event. `before` holds the key alone, or the whole row under REPLICA IDENTITY FULL. */
export type RowChange =
  | { readonly op: 'r' | 'c'; readonly after: Tuple }
  | { readonly op: 'u'; readonly before: Tuple | null; readonly after: Tuple }
  | { readonly op: 'd'; readonly before: Tuple }
  | { readonly op: 't' };

/** Where a change comes from: the `source` block. */
export interface ChangeSource {
  readonly database: string;
  readonly snapshot: 'first' | 'true' | 'last' | 'false';
  /** Commit time, or the time of the snapshot, in microseconds since 1970. */
  readonly micros: bigint;
  readonly txId: number;
  /** Log position at which the transaction begins; null in a snapshot. */
  readonly beginLsn: bigint | null;
  readonly lsn: bigint;
}

/** One record for the topic. Values of headers are text. */
export interface TopicEvent {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Name and version stand in every `source` block; Debezium's own readers look at `connector` and `name` alone. */
export interface EnvelopeOptions {
  /** The version of Sluice. */
  readonly version: string;
  /** The prefix of the topic: `postgres`. */
  readonly serverName: string;
}

export interface Envelopes {
  /** One record, or three for a changed key (delete, tombstone, create), two for a delete, as Debezium sends them. */
  toEvents(change: RowChange, source: ChangeSource, nowMicros: bigint): readonly TopicEvent[];
}

const UNAVAILABLE = '"__debezium_unavailable_value"';

/** Prepares the writers of one shape of one table; ask again when the shape changes. */
export function envelopesOf(table: TableShape, options: EnvelopeOptions): Envelopes {
  const row = rowWriter(table.columns);
  const keyOf = keyWriter(table);
  const source = sourceWriter(table, options);

  const event = (op: string, key: string | null, before: string, after: string, frame: Frame): TopicEvent => ({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(
      `{"before":${before},"after":${after},${frame.source},"transaction":null,"op":"${op}",${frame.times}}`,
    ),
    headers: frame.headers,
  });
  const removal = (before: Tuple, frame: Frame): TopicEvent[] => {
    const gone = event('d', keyOf(before), row(before), 'null', frame);
    return [gone, { ...gone, value: null }];
  };
  const replacement = (oldKey: string, before: Tuple, after: Tuple, frame: Frame): TopicEvent[] => {
    const key = keyOf(after);
    const created = { ...frame, headers: { '__debezium.oldkey': oldKey } };
    const removed = { ...frame, headers: { '__debezium.newkey': key } };
    return [...removal(before, removed), event('c', key, 'null', row(after), created)];
  };

  return {
    toEvents(change, from, nowMicros) {
      const frame = { source: source(from), times: times(nowMicros), headers: {} };
      if (change.op === 't') return [event('t', null, 'null', 'null', frame)];
      if (change.op === 'd') return removal(change.before, frame);
      const key = keyOf(change.after);
      const before = change.op === 'u' ? change.before : null;
      if (!before) return [event(change.op, key, 'null', row(change.after), frame)];
      const oldKey = keyOf(before);
      if (oldKey !== key) return replacement(oldKey, before, change.after, frame);
      return [event('u', key, row(before), row(change.after), frame)];
    },
  };
}

/** What the events of one change have in common. */
interface Frame {
  readonly source: string;
  readonly times: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `"ts_ms":..,"ts_us":..,"ts_ns":..` */
function times(micros: bigint): string {
  return `"ts_ms":${micros / 1_000n},"ts_us":${micros},"ts_ns":${micros}000`;
}

function rowWriter(columns: readonly Column[]): (tuple: Tuple) => string {
  const writers = columns.map((column, index) => {
    const prefix = `${index === 0 ? '{' : ','}${JSON.stringify(column.name)}:`;
    return { name: column.name, prefix, encode: encoderOf(column), absent: prefix + absentText(column) };
  });
  return (tuple) => {
    let json = '';
    for (const { name, prefix, encode, absent } of writers) {
      const value = tuple[name] ?? null;
      if (typeof value === 'string') json += prefix + encode(value);
      else json += value === null ? absent : prefix + UNAVAILABLE;
    }
    return `${json}}`;
  };
}

/** Debezium's converter writes the default of a column in the place of null, and the type's zero where null is not allowed. */
function absentText(column: Column): string {
  if (column.defaultExpression === null) return column.notNull ? zeroOf(column) : 'null';
  const literal = /^\(?(-?\d+(?:\.\d+)?)\)?$|^'((?:[^']|'')*)'(?:::[\w ()]+)?$/.exec(column.defaultExpression);
  if (!literal) return zeroOf(column);
  return encoderOf(column)(literal[1] ?? (literal[2] ?? '').replaceAll("''", "'"));
}

function keyWriter({ columns, key }: TableShape): (tuple: Tuple) => string {
  return rowWriter(columns.filter(({ name }) => key.includes(name)));
}

function sourceWriter(table: TableShape, { version, serverName }: EnvelopeOptions): (from: ChangeSource) => string {
  const head = `"source":{"version":${JSON.stringify(version)},"connector":"postgresql","name":${JSON.stringify(serverName)}`;
  const place = `"schema":${JSON.stringify(table.schema)},"table":${JSON.stringify(table.name)}`;
  return ({ database, snapshot, micros, txId, beginLsn, lsn }) => {
    const sequence = JSON.stringify(JSON.stringify([beginLsn === null ? null : String(beginLsn), String(lsn)]));
    return (
      `${head},"ts_ms":${micros / 1_000n},"snapshot":"${snapshot}","db":${JSON.stringify(database)},"sequence":${sequence},` +
      `"ts_us":${micros},"ts_ns":${micros}000,${place},"txId":${txId},"lsn":${lsn},"xmin":null,"origin":null,"origin_lsn":null}`
    );
  };
}
