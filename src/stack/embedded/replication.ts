/** The one file that knows `pg-logical-replication`: creates a slot with its snapshot, and streams changes as exact text. */
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogicalReplicationService, PgoutputPlugin, type Pgoutput } from 'pg-logical-replication';
import { SluiceError } from '../../pipeline/errors.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import type { Tuple } from './envelope.ts';
import { UNCHANGED } from './envelope.ts';
import { formatLsn, parseLsn } from './lsn.ts';

/** A table as the log names it; a new one is sent before the first change after each ALTER TABLE. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly typeOid: number; readonly typeMod: number }[];
}

/** One message of pgoutput. `lsn` is its own position; numbers of rows are PostgreSQL's text. */
export type LogMessage =
  | {
      readonly type: 'begin';
      readonly lsn: bigint;
      readonly commitLsn: bigint;
      readonly micros: bigint;
      readonly txId: number;
    }
  | { readonly type: 'relation'; readonly relation: Relation }
  | { readonly type: 'insert'; readonly lsn: bigint; readonly oid: number; readonly after: Tuple }
  | {
      readonly type: 'update';
      readonly lsn: bigint;
      readonly oid: number;
      readonly before: Tuple | null;
      readonly after: Tuple;
    }
  | { readonly type: 'delete'; readonly lsn: bigint; readonly oid: number; readonly before: Tuple }
  | { readonly type: 'truncate'; readonly lsn: bigint; readonly oids: readonly number[] }
  | { readonly type: 'commit'; readonly endLsn: bigint };

export interface ReplicationHandlers {
  onMessage(message: LogMessage): void;
  /** The server has sent everything up to `walEnd`. Called in order with the messages. */
  onKeepalive(walEnd: bigint): void;
}

export interface ReplicationStream {
  /** Tells the server that everything before `lsn` is stored; it may drop the log up to there. */
  acknowledge(lsn: bigint): void;
  pause(): void;
  resume(): void;
  /** Resolves when the connection is gone: with null after {@link ReplicationStream.stop}, else with the reason. */
  readonly ended: Promise<Error | null>;
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 1_000;
/** The parser takes its relation as it was sent; this one is ours, to make values stay text. */
const asText = (text: string): string => text;

/** Streams the changes of `publication` from the slot's confirmed position. Resolves once the server has agreed. */
export async function openReplication(
  settings: PostgresSettings,
  names: { readonly slot: string; readonly publication: string },
  handlers: ReplicationHandlers,
): Promise<ReplicationStream> {
  const { service, socket } = newService(settings);
  const started = new Promise<void>((resolve) => service.once('start', resolve));
  service.on('data', (lsn, message) => {
    const told = toMessage(parseLsn(lsn), message as Pgoutput.Message);
    if (told) handlers.onMessage(told);
  });
  service.on('heartbeat', (lsn) => handlers.onKeepalive(parseLsn(lsn)));
  let stopping = false;
  const broken = new Promise<Error>((resolve) => service.on('error', resolve));
  const subscription = service
    .subscribe(new TextPlugin({ protoVersion: 1, publicationNames: [names.publication] }), names.slot, '0/0')
    .then(() => new Error('the server ended the stream'))
    .catch((error: Error) => error);
  const ended = Promise.race([subscription, broken]).then((error) => (stopping ? null : error));
  const stop = async (): Promise<void> => {
    stopping = true;
    await closeService(service, socket);
  };
  const failure = await Promise.race([started, ended]);
  if (failure instanceof Error) {
    await stop();
    throw replicationError(failure);
  }
  return {
    // The library adds one byte to what it is told. Without the minus one the slot would lie one byte past the end of a
    // commit, and a commit that starts exactly there, of a transaction that ran beside it, would never be sent again.
    acknowledge: (lsn) => void service.acknowledge(formatLsn(lsn - 1n)),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    ended,
    stop,
  };
}

/**
 * Creates `slot` and runs `read` while its exported snapshot is alive: what the snapshot shows and what the slot will
 * stream add up to every change exactly once. The slot stays when `read` throws.
 */
export async function createSlot<T>(
  settings: PostgresSettings,
  slot: string,
  read: (snapshot: { readonly name: string; readonly lsn: bigint }) => Promise<T>,
): Promise<T> {
  const { service, socket } = newService(settings);
  service.on('error', () => undefined);
  try {
    const created = (await service.subscribe(new SlotPlugin(), slot)) as unknown as { rows: SlotRow[] };
    const [row] = created.rows;
    if (!row) throw new Error('the server gave no answer to CREATE_REPLICATION_SLOT');
    return await read({ name: row.snapshot_name, lsn: parseLsn(row.consistent_point) });
  } catch (error) {
    throw error instanceof SluiceError ? error : replicationError(error as Error);
  } finally {
    await closeService(service, socket);
  }
}

interface SlotRow {
  readonly consistent_point: string;
  readonly snapshot_name: string;
}

/** Only here does the library hand out its replication connection; the command's answer is what subscribe resolves with. */
class SlotPlugin extends PgoutputPlugin {
  constructor() {
    super({ protoVersion: 1, publicationNames: [] });
  }

  override start(client: Parameters<PgoutputPlugin['start']>[0], slot: string): Promise<unknown> {
    return client.query(`CREATE_REPLICATION_SLOT "${slot}" LOGICAL pgoutput EXPORT_SNAPSHOT`);
  }
}

/** Keeps every value as PostgreSQL's text: the parser would turn numerics and times into what JavaScript has for them. */
class TextPlugin extends PgoutputPlugin {
  override parse(buffer: Buffer): Pgoutput.Message {
    const message = super.parse(buffer);
    if (message.tag === 'relation') for (const column of message.columns) column.parser = asText;
    return message;
  }
}

/** Acknowledging is ours alone: by itself the library acknowledges what it has received, not what is stored. */
function newService(settings: PostgresSettings): { service: LogicalReplicationService; socket: Socket } {
  const socket = new Socket();
  const service = new LogicalReplicationService(
    { ...settings, stream: () => socket, application_name: 'sluice capture' },
    { acknowledge: { auto: false, timeoutSeconds: 0 } },
  );
  return { service, socket };
}

/** A paused socket would never see the end of the connection, and a dead server never answers a goodbye. */
async function closeService(service: LogicalReplicationService, socket: Socket): Promise<void> {
  socket.resume();
  await Promise.race([service.stop().catch(() => undefined), sleep(STOP_TIMEOUT_MS)]);
  socket.destroy();
}

function toMessage(lsn: bigint, message: Pgoutput.Message): LogMessage | null {
  switch (message.tag) {
    case 'begin':
      return {
        type: 'begin',
        lsn,
        commitLsn: parseLsn(message.commitLsn ?? '0/0'),
        micros: message.commitTime as bigint,
        txId: message.xid >>> 0,
      };
    case 'relation':
      return { type: 'relation', relation: toRelation(message) };
    case 'insert':
      return { type: 'insert', lsn, oid: message.relation.relationOid, after: toTuple(message.new) };
    case 'update': {
      const before = message.old ?? message.key;
      const oid = message.relation.relationOid;
      return { type: 'update', lsn, oid, before: before ? toTuple(before) : null, after: toTuple(message.new) };
    }
    case 'delete': {
      const before = message.old ?? message.key ?? {};
      return { type: 'delete', lsn, oid: message.relation.relationOid, before: toTuple(before) };
    }
    case 'truncate':
      return { type: 'truncate', lsn, oids: message.relations.map((relation) => relation.relationOid) };
    case 'commit':
      return { type: 'commit', endLsn: parseLsn(message.commitEndLsn ?? '0/0') };
    default:
      return null;
  }
}

function toRelation(message: Pgoutput.MessageRelation): Relation {
  const { relationOid: oid, schema, name, columns } = message;
  return { oid, schema, name, columns: columns.map(({ name, typeOid, typeMod }) => ({ name, typeOid, typeMod })) };
}

/** The parser marks an untouched TOAST value with undefined. */
function toTuple(values: Record<string, string | null | undefined>): Tuple {
  const tuple: Record<string, string | null | typeof UNCHANGED> = values as never;
  for (const name in tuple) if (tuple[name] === undefined) tuple[name] = UNCHANGED;
  return tuple;
}

function replicationError(cause: Error): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', {
    tried: 'Reading the changes of PostgreSQL',
    seen: cause.message,
    expected: 'a replication connection that stays',
    action: 'Sluice connects again by itself; if it does not succeed, look at the log of PostgreSQL.',
    retryable: true,
    cause,
  });
}
