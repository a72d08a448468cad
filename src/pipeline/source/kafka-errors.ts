/** Faults of a Kafka cluster as errors with a code. Knows the names of the client's errors, not the client. */
import { SluiceError } from '../errors.ts';

/** Says that the client's connection is of no more use: it must be made anew before the next try. */
export function toKafkaError(tried: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const root = rootOf(error);
  const seen = describe(root);
  const why = REASONS.find(({ matches }) => matches(root)) ?? AWAY;
  const { expected, action, retryable } = why;
  return new SluiceError('SOURCE_UNAVAILABLE', { tried, seen, expected, action, retryable, cause: root });
}

/** A request that was not answered in time. */
export function lateKafka(tried: string, ms: number): SluiceError {
  const facts = { tried, seen: `no answer for ${ms / 1000} s`, expected: 'an answer', retryable: true };
  return new SluiceError('SOURCE_UNAVAILABLE', { ...facts, action: AWAY.action });
}

/** The cluster under this address is not the one that was read before. */
export function otherCluster(seen: string, known: string): SluiceError {
  return new SluiceError('SOURCE_CHANGED', {
    tried: 'Connecting to Kafka again',
    seen: `cluster ${seen}`,
    expected: `cluster ${known}`,
    action: 'Point Sluice at the right cluster, or give this one a checkpoint and a table of its own.',
  });
}

interface ClientError extends Error {
  readonly type?: string;
  readonly code?: string | number;
  readonly cause?: unknown;
}

interface Reason {
  readonly matches: (error: ClientError) => boolean;
  readonly expected: string;
  readonly action: string;
  readonly retryable: boolean;
}

const AWAY: Reason = {
  matches: () => true,
  expected: 'a broker that answers',
  action: 'Check that Kafka runs and can be reached; the query tries again by itself.',
  retryable: true,
};

const NO_TOPIC: Reason = {
  matches: ({ type }) => type === 'UNKNOWN_TOPIC_OR_PARTITION',
  expected: 'the topic with its partitions',
  action: 'Check the name of the topic and that the change capture runs; the query tries again by itself.',
  retryable: true,
};

const REFUSED: Reason = {
  matches: ({ name, type = '' }) => name === 'KafkaJSSASLAuthenticationError' || /AUTHORIZATION|SASL/.test(type),
  expected: 'an account that may read the topic',
  action: 'Correct user, password and mechanism, or let the account read the topic; then start again.',
  retryable: false,
};

const BAD_CERTIFICATE: Reason = {
  matches: ({ code, message }) =>
    /CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_VERIFY/.test(`${code}`) || /certificate/.test(message),
  expected: 'a certificate that is signed by a trusted authority and fits the name of the broker',
  action: 'Set the certificate of the authority for this cluster, then start again.',
  retryable: false,
};

const UNKNOWN_NAME: Reason = {
  matches: ({ code, message }) => code === 'ENOTFOUND' || /ENOTFOUND|EAI_AGAIN/.test(message),
  expected: 'a name that this machine can resolve',
  action: 'A broker in a container may advertise a name of its own: map it with KAFKA_BROKER_MAP.',
  retryable: true,
};

const TOO_OLD: Reason = {
  matches: ({ name, type }) => name === 'KafkaJSServerDoesNotSupportApiKey' || type === 'UNSUPPORTED_VERSION',
  expected: 'Kafka 2.3 or newer',
  action: 'Read from a newer cluster.',
  retryable: false,
};

const REASONS: readonly Reason[] = [NO_TOPIC, REFUSED, BAD_CERTIFICATE, UNKNOWN_NAME, TOO_OLD];

/** The client wraps an error once for each of its own layers. */
function rootOf(error: unknown): ClientError {
  let root = error as ClientError;
  while (root.cause instanceof Error && root.name.startsWith('KafkaJS') && root.type === undefined) root = root.cause;
  return root;
}

function describe({ type, message }: ClientError): string {
  return type === undefined ? message : `${type}: ${message}`;
}
