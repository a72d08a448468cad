/** Where objects lie on an S3 server, and how it is reached, as plain data. */
import { SluiceError } from '../errors.ts';
import type { RetryPolicy } from '../retry.ts';

export interface S3Settings {
  readonly kind: 's3';
  readonly bucket: string;
  /** Every key lies below it; without slashes at its ends, empty for the whole bucket. */
  readonly prefix: string;
  /** Null for Amazon's own. */
  readonly endpoint: string | null;
  readonly region: string;
  /** True for a server without a host name per bucket, such as MinIO. */
  readonly forcePathStyle: boolean;
  /** Null for what the machine provides (environment, profile, role). */
  readonly credentials: S3Credentials | null;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export interface S3Limits {
  readonly connectMs: number;
  /** How long an answer may take, and how long its body may pause. */
  readonly attemptMs: number;
  /** A write gets one more second for so many bytes. */
  readonly bytesPerSecond: number;
  /** Objects in one answer to a listing. */
  readonly pageSize: number;
  /** Within one call. The query has its own policy around it. */
  readonly retry: RetryPolicy;
}

export const S3_LIMITS: S3Limits = {
  connectMs: 3_000,
  attemptMs: 15_000,
  bytesPerSecond: 256 * 1024,
  pageSize: 1_000,
  retry: { tries: 4, totalMs: 60_000, baseMs: 100, maxWaitMs: 5_000 },
};

/** Takes `s3://bucket/path` and Hadoop's `s3a://bucket/path` apart; null for anything else, such as a local path. */
export function parseS3Url(url: string): { bucket: string; prefix: string } | null {
  const [, bucket, path] = /^s3a?:\/\/([^/]*)(.*)$/.exec(url) ?? [];
  if (bucket === undefined || path === undefined) return null;
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return { bucket, prefix: path.replace(/^\/+|\/+$/g, '') };
  throw new SluiceError('SETTINGS_INVALID', {
    tried: `Reading the address ${url}`,
    seen: `the bucket name ${JSON.stringify(bucket)}`,
    expected: 's3a://bucket/path with a bucket name of 3 to 63 small letters, digits, dots and hyphens',
    action: 'Correct the address.',
  });
}
