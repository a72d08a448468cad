/** What it takes to reach a topic on a Kafka cluster, as plain data. */
import { SluiceError } from '../errors.ts';
import type { RetryPolicy } from '../retry.ts';

export interface KafkaSettings {
  readonly kind: 'kafka';
  /** `host:port`, at least one; the rest of the cluster is found by itself. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Address that a broker advertises -> address to dial instead, both `host:port`. */
  readonly addressMap: Readonly<Record<string, string>>;
  /** Spark reads uncommitted records unless told otherwise; the same range must give the same rows in both. */
  readonly isolation: 'read_uncommitted' | 'read_committed';
  readonly sasl: KafkaSasl | null;
  /** Null for plain text. */
  readonly tls: KafkaTls | null;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** PEM texts; null takes what the machine trusts, and no certificate of our own. */
export interface KafkaTls {
  readonly ca: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
}

export const PLAIN_KAFKA = {
  kind: 'kafka',
  addressMap: {},
  isolation: 'read_uncommitted',
  sasl: null,
  tls: null,
} as const;

export interface KafkaLimits {
  readonly connectMs: number;
  /** How long a broker may be silent while it is asked. */
  readonly requestMs: number;
  /** The same while progress is shown, which nobody should have to wait for. */
  readonly publishMs: number;
  /** How long a partition may not get on before reading gives up. */
  readonly stallMs: number;
  /** Size of one answer; two of them are in memory while reading. A single larger record comes all the same. */
  readonly fetchBytes: number;
  /** How long a broker waits for data before it answers with none. */
  readonly waitMs: number;
  /** Within one read: what a broken connection costs. The query has its own policy around it. */
  readonly retry: RetryPolicy;
}

export const KAFKA_LIMITS: KafkaLimits = {
  connectMs: 5_000,
  requestMs: 20_000,
  publishMs: 5_000,
  stallMs: 60_000,
  fetchBytes: 4 * 1024 * 1024,
  waitMs: 500,
  retry: { tries: 8, totalMs: 30_000, baseMs: 100, maxWaitMs: 5_000 },
};

/** `kafka-1:9092,kafka-2:9092`. @param origin where the text comes from, for the error */
export function parseBrokers(text: string, origin: string): string[] {
  const brokers = text.split(',').map((part) => part.trim());
  const wrong = brokers.find((broker) => !isAddress(broker));
  if (wrong !== undefined) throw invalid(origin, JSON.stringify(wrong), 'host:port, several divided by commas');
  return brokers;
}

/** `kafka:9092=localhost:9700,...`; an empty text is an empty map. @param origin where the text comes from */
export function parseAddressMap(text: string, origin: string): Record<string, string> {
  const pairs = text.trim() === '' ? [] : text.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  const wrong = pairs.find((pair) => pair.length !== 2 || !pair.every(isAddress));
  if (wrong) throw invalid(origin, JSON.stringify(wrong.join('=')), 'advertised:port=reachable:port');
  return Object.fromEntries(pairs as [string, string][]);
}

const isAddress = (text: string): boolean => /^[^\s:,=/]+:\d{1,5}$/.test(text);

function invalid(origin: string, seen: string, expected: string): SluiceError {
  const action = `Correct ${origin}.`;
  return new SluiceError('SETTINGS_INVALID', { tried: `Reading ${origin}`, seen, expected, action });
}
