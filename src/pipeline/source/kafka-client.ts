/**
 * What a source asks of a cluster, each with a deadline, over whatever connection is alive. Progress is shown over a
 * connection of its own: only a failure of reading ends the one that is read from.
 */
import type { Offsets } from '../ports.ts';
import type { Cluster } from './kafka-cluster.ts';
import { otherCluster } from './kafka-errors.ts';
import { openLine, type Connection } from './kafka-line.ts';
import type { FetchAnswer } from './kafka-records.ts';
import { commit, fetchOnce, ISOLATION_LEVELS, LATEST, listOffsets, NONE } from './kafka-requests.ts';
import type { KafkaLimits, KafkaSettings } from './kafka-settings.ts';

export interface Client {
  clusterId(): Promise<string>;
  offsets(timestamp: number): Promise<Offsets>;
  offsetsAt(timestamp: number): Promise<Offsets>;
  fetch(partition: number, offset: bigint, wanted: number): Promise<FetchAnswer>;
  commit(group: string, offsets: Offsets): Promise<void>;
  close(): void;
}

/** @param dial connects, beginning with the broker whose turn it is */
export function openClient(settings: KafkaSettings, limits: KafkaLimits, dial: (turn: number) => Connection): Client {
  const { topic } = settings;
  const isolationLevel = ISOLATION_LEVELS[settings.isolation];
  const reading = openLine(dial);
  const publishing = openLine(dial);
  let knownCluster: string | null = null;
  let recordBytes = FIRST_RECORD_BYTES;

  const call = <T>(tried: string, work: (cluster: Cluster) => Promise<T>): Promise<T> =>
    reading.call(tried, checked(work), limits.requestMs);

  const checked =
    <T>(work: (cluster: Cluster) => Promise<T>) =>
    async (cluster: Cluster): Promise<T> => {
      checkCluster(cluster);
      return work(cluster);
    };

  function checkCluster(cluster: Cluster): void {
    const id = clusterIdOf(cluster);
    knownCluster ??= id;
    if (id !== knownCluster) throw otherCluster(id, knownCluster);
  }

  const offsets = (timestamp: number): Promise<Offsets> =>
    call(`Asking Kafka for the offsets of ${topic}`, (cluster) =>
      listOffsets(cluster, topic, timestamp, isolationLevel),
    );

  return {
    clusterId: () => call('Asking Kafka for the id of its cluster', async (cluster) => clusterIdOf(cluster)),
    offsets,
    offsetsAt: async (timestamp) => {
      const end = await offsets(LATEST);
      const found = await offsets(timestamp);
      return new Map([...found].map(([each, offset]) => [each, offset === NONE ? (end.get(each) ?? 0n) : offset]));
    },
    fetch: (partition, offset, wanted) =>
      call(`Reading partition ${partition} of ${topic} from offset ${offset}`, async (cluster) => {
        const maxBytes = fetchSize(wanted, recordBytes, limits.fetchBytes);
        const answer = await fetchOnce(cluster, { topic, partition, offset, isolationLevel, maxBytes, limits });
        recordBytes = recordBytesOf(answer) ?? recordBytes;
        return answer;
      }),
    commit: (group, offsets) =>
      publishing.call(
        `Showing progress on ${topic} as group ${group}`,
        checked((cluster) => commit(cluster, topic, group, offsets)),
        limits.publishMs,
      ),
    close: () => {
      reading.close();
      publishing.close();
    },
  };
}

const clusterIdOf = (cluster: Cluster): string => cluster.brokerPool.metadata?.clusterId ?? '';

const FIRST_RECORD_BYTES = 1_024;
const SMALLEST_FETCH_BYTES = 64 * 1_024;

/** A small batch out of a long topic must not be paid with a whole answer; what does not fit comes with the next one. */
export function fetchSize(wanted: number, recordBytes: number, most: number): number {
  return Math.min(most, Math.max(SMALLEST_FETCH_BYTES, Math.ceil(wanted * recordBytes * 1.25)));
}

/** Bytes of a record as it is sent, compressed; null for an answer without one. */
function recordBytesOf({ partition }: FetchAnswer): number | null {
  const batches = partition?.batches ?? [];
  const records = batches.reduce((sum, { count }) => sum + count, 0);
  return records === 0 ? null : batches.reduce((sum, { packed }) => sum + packed.length, 0) / records;
}
