/** Faults of an S3 server as errors with a code. The client's own error is not kept: it may carry signed headers. */
import { SluiceError, type ErrorCode } from '../errors.ts';

/** What the client throws, as far as it matters here. */
export interface S3Fault {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

export function toS3Error(tried: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const fault = error as S3Fault;
  const { code, expected, action, retryable } = REASONS.find(({ matches }) => matches(fault)) ?? AWAY;
  return new SluiceError(code, { tried, seen: describe(fault), expected, action, retryable });
}

export function lateS3(tried: string, ms: number): SluiceError {
  const facts = { tried, seen: `no answer for ${ms / 1000} s`, expected: AWAY.expected, action: AWAY.action };
  return new SluiceError('STORE_UNAVAILABLE', { ...facts, retryable: true });
}

/** A server that takes a conditional write without looking at the condition. */
export function conditionIgnored(url: string): SluiceError {
  return new SluiceError('STORE_UNAVAILABLE', {
    tried: `Testing conditional writes at ${url}`,
    seen: 'a second write with "If-None-Match: *" replaced the first',
    expected: 'a server that refuses it (412), so that of two writers exactly one wins',
    action: 'Use a server that honours conditional writes, such as Amazon S3 or a MinIO of 2024 or newer.',
  });
}

export const statusOf = (error: unknown): number | undefined => (error as S3Fault).$metadata?.httpStatusCode;

/** There is no such object. A bucket that is not there is a fault. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';
}

export function nullIfAbsent(error: unknown): null {
  if (isAbsent(error)) return null;
  throw error;
}

interface Reason {
  readonly matches: (fault: S3Fault) => boolean;
  readonly code: ErrorCode;
  readonly expected: string;
  readonly action: string;
  readonly retryable: boolean;
}

const status = (fault: S3Fault): number => statusOf(fault) ?? 0;

const AWAY: Reason = {
  matches: () => true,
  code: 'STORE_UNAVAILABLE',
  expected: 'an S3 server that answers',
  action: 'Check that the server runs and can be reached; the query tries again by itself.',
  retryable: true,
};

const FULL: Reason = {
  matches: (fault) => status(fault) === 507 || /StorageFull|QuotaExceeded|InsufficientStorage/.test(fault.name),
  code: 'DISK_FULL',
  expected: 'room on the S3 server',
  action: 'Free some space there; the query goes on by itself.',
  retryable: true,
};

const BUSY: Reason = {
  ...AWAY,
  matches: (fault) =>
    [408, 409, 429].includes(status(fault)) ||
    status(fault) >= 500 ||
    /^(RequestTimeout|RequestTimeTooSkewed|SlowDown|ExpiredToken|RequestExpired)/.test(fault.name),
};

const NO_BUCKET: Reason = {
  matches: ({ name }) => name === 'NoSuchBucket',
  code: 'STORE_UNAVAILABLE',
  expected: 'the bucket',
  action: 'Create the bucket, or correct its name; then start again.',
  retryable: false,
};

const NO_CREDENTIALS: Reason = {
  matches: ({ name, ...fault }) =>
    name === 'CredentialsProviderError' || [401, 403].includes(status({ name, ...fault })),
  code: 'STORE_UNAVAILABLE',
  expected: 'an account that may read and write below the path',
  action: 'Correct the access key, or give the account these rights; then start again.',
  retryable: false,
};

const REFUSED: Reason = {
  ...AWAY,
  matches: (fault) => status(fault) >= 300 && status(fault) < 500,
  expected: 'a server that takes the request',
  action: 'Check address, region and path style of the server; then start again.',
  retryable: false,
};

const REASONS: readonly Reason[] = [FULL, BUSY, NO_BUCKET, NO_CREDENTIALS, REFUSED];

/** Some servers give no text, and a refused connection gives several causes and no message. */
function describe({ name, message, code, $metadata }: S3Fault): string {
  const what = [$metadata?.httpStatusCode, name, code === name ? undefined : code].filter((part) => part !== undefined);
  return `${what.join(' ')}${message ? `: ${message}` : ''}`;
}
