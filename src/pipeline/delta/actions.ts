/** The lines of a Delta commit (PROTOCOL.md, Actions): shapes, and their text. Pure. */
import type { OffsetGap } from '../events.ts';
import type { PartitionValues } from './path.ts';
import { toSchemaString, type TableColumn } from './schema.ts';

export interface AddAction {
  /** Encoded as a URI. */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON text. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A tombstone: the file is no longer live, and stays on disk for readers of older versions. */
export interface RemoveAction {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange?: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: PartitionValues;
  readonly size?: number;
}

export interface TxnAction {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number;
}

export interface MetaDataAction {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format?: { readonly provider: string; readonly options?: Readonly<Record<string, string>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number;
}

export interface ProtocolAction {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[];
  readonly writerFeatures?: readonly string[];
}

export interface CommitInfo {
  readonly timestamp?: number;
  readonly operation?: string;
  /** Of a streaming query `queryId` and `epochId`. Values are texts. */
  readonly operationParameters?: Readonly<Record<string, string>>;
  readonly operationMetrics?: Readonly<Record<string, string>>;
  readonly engineInfo?: string;
  readonly isBlindAppend?: boolean;
  readonly txnId?: string;
  /** JSON text; ours is {@link BatchMetadata}. */
  readonly userMetadata?: string;
}

/** One line of a commit: exactly one of these is set. Unknown actions and fields are ignored. */
export interface Action {
  readonly add?: AddAction;
  readonly remove?: RemoveAction;
  readonly txn?: TxnAction;
  readonly metaData?: MetaDataAction;
  readonly protocol?: ProtocolAction;
  readonly commitInfo?: CommitInfo;
}

/** What travels with the table: where a batch came from. Offsets are next-to-read, decimal text. */
export interface BatchMetadata {
  readonly queryId: string;
  readonly batchId: number;
  readonly clusterId: string;
  readonly topic: string;
  readonly start: Readonly<Record<string, string>>;
  readonly end: Readonly<Record<string, string>>;
  readonly deadLetters: number;
  readonly notes: number;
  readonly skips: number;
  /** Parts of the range that the topic had lost: no rows, and never will be. Absent when there are none. */
  readonly gaps?: readonly OffsetGap[];
}

export const ENGINE = 'Sluice/0.1.0';

/** All that is not decided by the rows: given from outside, so that the text of a commit is pure. */
export interface CommitStamp {
  readonly timestamp: number;
  /** Unique per attempt: it tells our own commit from another one after a lost answer. */
  readonly txnId: string;
}

/** Where the rows of a replay came from: records that an earlier batch of the query counted as dead letters. */
export interface ReplayMetadata {
  readonly queryId: string;
  readonly number: number;
  readonly clusterId: string;
  readonly topic: string;
  /** Partition -> offsets, decimal text. */
  readonly offsets: Readonly<Record<string, readonly string[]>>;
}

export interface NewCommit {
  readonly version: number;
  readonly batch: BatchMetadata;
  /** Set when the rows are replayed: told in the place of the batch, so that nobody takes it for one. */
  readonly replay?: ReplayMetadata;
  readonly rows: number;
  readonly adds: readonly AddAction[];
  readonly stamp: CommitStamp;
  /** Set for the first version of a table. */
  readonly create: {
    readonly tableId: string;
    readonly columns: readonly TableColumn[];
    readonly partitionBy: readonly string[];
  } | null;
}

/** The text of a commit in Spark's order: commitInfo, metaData, protocol, txn, add... Numbers of the metrics are texts. */
export function serializeCommit(commit: NewCommit): Buffer {
  const { batch, stamp } = commit;
  const actions = [
    { commitInfo: toCommitInfo(commit) },
    ...(commit.create ? createActions(commit.create, stamp.timestamp) : []),
    { txn: { appId: batch.queryId, version: batch.batchId, lastUpdated: stamp.timestamp } },
    ...commit.adds.map((add) => ({ add })),
  ];
  return toText(actions);
}

/** Who took the writing of a table over from a run that had not said good-bye. */
export interface TakeOver {
  readonly runId: string;
  readonly epoch: number;
}

/**
 * A version that says who writes from now on and changes nothing: it only takes a place that another writer may be
 * about to take. It carries no transaction, so that the batches of a query still count one by one.
 */
export function serializeTakeOver(
  by: TakeOver,
  version: number,
  stamp: CommitStamp,
  create: NewCommit['create'],
): Buffer {
  const commitInfo = {
    timestamp: stamp.timestamp,
    operation: 'TAKE OVER',
    operationParameters: { runId: by.runId, epoch: String(by.epoch) },
    ...(version > 0 ? { readVersion: version - 1 } : {}),
    isolationLevel: 'Serializable',
    isBlindAppend: true,
    operationMetrics: {},
    engineInfo: ENGINE,
    txnId: stamp.txnId,
  };
  return toText([{ commitInfo }, ...(create ? createActions(create, stamp.timestamp) : [])]);
}

export function parseCommitFile(bytes: Buffer): Action[] {
  const lines = bytes.toString('utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Action);
}

/** The metadata that a commit of ours carries, or null when it is another writer's. */
export function parseBatchMetadata(info: CommitInfo | undefined): BatchMetadata | null {
  try {
    const value = JSON.parse(info?.userMetadata ?? 'null') as Partial<BatchMetadata> | null;
    return value?.end && value.topic && value.queryId ? (value as BatchMetadata) : null;
  } catch {
    return null;
  }
}

function toText(actions: readonly object[]): Buffer {
  return Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

/** What a commit tells of a replay, or null when it is none. */
export function parseReplayMetadata(info: CommitInfo | undefined): ReplayMetadata | null {
  try {
    const value = JSON.parse(info?.userMetadata ?? 'null') as { replay?: ReplayMetadata } | null;
    return value?.replay ?? null;
  } catch {
    return null;
  }
}

/** The name under which the replays of a query are counted in the table, apart from its batches. */
export const replayAppId = (queryId: string): string => `${queryId}${REPLAY}`;
export const isReplayAppId = (appId: string): boolean => appId.endsWith(REPLAY);
const REPLAY = '/replay';

function toCommitInfo({ version, batch, replay, rows, adds, stamp }: NewCommit): object {
  const bytes = adds.reduce((sum, { size }) => sum + size, 0);
  return {
    timestamp: stamp.timestamp,
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Append', queryId: batch.queryId, epochId: String(batch.batchId) },
    ...(version > 0 ? { readVersion: version - 1 } : {}),
    isolationLevel: 'Serializable',
    isBlindAppend: true,
    operationMetrics: {
      numRemovedFiles: '0',
      numOutputRows: String(rows),
      numOutputBytes: String(bytes),
      numAddedFiles: String(adds.length),
    },
    userMetadata: JSON.stringify(replay ? { replay } : batch),
    engineInfo: ENGINE,
    txnId: stamp.txnId,
  };
}

function createActions(create: NonNullable<NewCommit['create']>, createdTime: number): object[] {
  const metaData = {
    id: create.tableId,
    format: { provider: 'parquet', options: {} },
    schemaString: toSchemaString(create.columns),
    partitionColumns: create.partitionBy,
    configuration: {},
    createdTime,
  };
  return [{ metaData }, { protocol: { minReaderVersion: 1, minWriterVersion: 2 } }];
}
