/** Habits of the client that cost more than its work, mended once for all its connections. Knows the client, not its package. */
import type { BrokerConnection, BrokerPool, RequestQueue } from './kafka-cluster.ts';

/** @param pool of any cluster; nothing is dialed */
export async function mendHabits(pool: BrokerPool): Promise<void> {
  await pool.createSeedBroker();
  const [connection] = pool.seedBroker.connectionPool.pool;
  if (!connection) return;
  const queues = Object.getPrototypeOf(connection.requestQueue) as RequestQueue & { isMended?: boolean };
  if (queues.isMended) return;
  queues.isMended = true;
  quieten(queues);
  spareCopies(Object.getPrototypeOf(connection) as BrokerConnection);
}

/**
 * It would look a thousand times a second whether a request waits, on each connection, also when none does: it then takes
 * the time until a throttling ends, which lies in the past, for the time to wait.
 */
function quieten(queues: RequestQueue): void {
  const schedule = queues.scheduleCheckPendingRequests;
  queues.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/** It would copy each answer, to put it together with the nothing that is left of the one before. */
function spareCopies(connections: BrokerConnection): void {
  const take = connections.processData;
  connections.processData = function (this: BrokerConnection, piece: Buffer) {
    if (this.bytesBuffered === 0) this.chunks = [];
    take.call(this, piece);
  };
}
