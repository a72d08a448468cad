/** The parts of the client that its types do not show. They belong to exactly the version that is pinned. */

export interface Cluster {
  readonly brokerPool: BrokerPool;
  connect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number }[];
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
}

export interface BrokerPool {
  readonly metadata: { readonly clusterId: string } | null;
  readonly seedBroker: Broker;
  createSeedBroker(): Promise<void>;
}

export interface Broker {
  readonly connectionPool: ConnectionPool;
  fetch(request: object): Promise<unknown>;
  listOffsets(request: object): Promise<{ responses: { partitions: { partition: number; offset: string }[] }[] }>;
  offsetCommit(request: object): Promise<unknown>;
}

export interface ConnectionPool {
  readonly pool: readonly BrokerConnection[];
  send(request: ProtocolRequest): Promise<unknown>;
  destroy(): Promise<void>;
}

export interface ProtocolRequest {
  readonly request: { readonly apiVersion: number };
  readonly response: { decode(bytes: Buffer): Promise<unknown>; parse(answer: unknown): Promise<unknown> };
}

export interface BrokerConnection {
  readonly requestQueue: RequestQueue;
  /** Pieces of an answer that is not whole yet, and their bytes. */
  chunks: Buffer[];
  readonly bytesBuffered: number;
  processData(piece: Buffer): void;
}

export interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}
