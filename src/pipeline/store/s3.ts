/**
 * The one file that knows `@aws-sdk/client-s3`: objects below a path of a bucket. The client is loaded by the first
 * request: a thread that stores elsewhere never pays for it.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';
import { systemClock } from '../clock.ts';
import type { SluiceError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { Clock, Log, ObjectInfo, ObjectStore } from '../ports.ts';
import { retrying } from '../retry.ts';
import { closeAgents, dropIdle, openAgents, type Agents } from './s3-agents.ts';
import { inTime, type Deadline } from './s3-deadline.ts';
import { conditionIgnored, isAbsent, nullIfAbsent, statusOf } from './s3-errors.ts';
import { S3_LIMITS, type S3Credentials, type S3Limits, type S3Settings } from './s3-settings.ts';

export interface S3Store extends ObjectStore {
  /** An object with the tag of exactly these bytes, or null. */
  getTagged(key: string): Promise<TaggedObject | null>;
  /** Replaces the object if it still has the tag, and answers the new one; null when it has changed or is gone. */
  replaceIf(key: string, bytes: Uint8Array, tag: string): Promise<string | null>;
  /** Throws when the server does not honour the conditions that `putIfAbsent` rests on. Called once, before the first use. */
  probeConditionalPut(): Promise<void>;
  close(): void;
}

export interface TaggedObject {
  readonly bytes: Buffer;
  readonly tag: string;
}

export function openS3Store(
  settings: S3Settings,
  log: Log,
  limits: S3Limits = S3_LIMITS,
  clock: Clock = systemClock,
): S3Store {
  const access = openAccess(settings, log, limits, clock);
  return {
    get: async (key) => (await read(access, key))?.bytes ?? null,
    getTagged: (key) => read(access, key),
    putIfAbsent: async (key, bytes) =>
      (await putIf(access, key, bytes, { IfNoneMatch: '*' })) === null ? 'exists' : 'created',
    replaceIf: (key, bytes, tag) => putIf(access, key, bytes, { IfMatch: tag }),
    put: (key, bytes) =>
      access.call(`Writing ${access.url(key)}`, bytes.length, async ({ sdk, client, options }) => {
        const sent = client.send(new sdk.PutObjectCommand({ ...access.at(key), Body: bytes }), options);
        await failpoint('writing', key);
        await sent;
      }),
    list: (prefix, after) => list(access, prefix, after),
    delete: (key) =>
      access.call(`Deleting ${access.url(key)}`, 0, async ({ sdk, client, options }) => {
        await client.send(new sdk.DeleteObjectCommand(access.at(key)), options);
      }),
    probeConditionalPut: () => probe(access),
    close: access.close,
  };
}

/** Names the call that wrote an object, so that a writer whose answer was lost recognises its own work. */
const WRITER = 'sluice-writer';

type Condition = Pick<Sdk.PutObjectCommandInput, 'IfNoneMatch' | 'IfMatch'>;

/**
 * A refusal (412) may be due to our own write of the try before, whose answer was lost: the object tells.
 * Answers the tag, or null when the condition does not hold.
 */
async function putIf(access: Access, key: string, bytes: Uint8Array, condition: Condition): Promise<string | null> {
  const { at, url } = access;
  const writer = randomUUID();
  const input = { ...at(key), ...condition, Body: bytes, Metadata: { [WRITER]: writer } };
  return access.call(`Writing ${url(key)} on a condition`, bytes.length, async ({ sdk, client, options }) => {
    try {
      const sent = client.send(new sdk.PutObjectCommand(input), options);
      await failpoint('writing', key);
      return (await sent).ETag ?? '';
    } catch (error) {
      if (statusOf(error) !== 412 && !(condition.IfMatch && isAbsent(error))) throw error;
    }
    const found = await client.send(new sdk.HeadObjectCommand(at(key)), options).catch(nullIfAbsent);
    return found?.Metadata?.[WRITER] === writer ? (found.ETag ?? '') : null;
  });
}

async function read(access: Access, key: string): Promise<TaggedObject | null> {
  const { at, url } = access;
  return access.call(`Reading ${url(key)}`, 0, async ({ sdk, client, options, touch }) => {
    const found = await client.send(new sdk.GetObjectCommand(at(key)), options).catch(nullIfAbsent);
    if (!found?.Body) return null;
    const body = found.Body as Readable;
    options.abortSignal.addEventListener('abort', () => body.destroy());
    const chunks: Buffer[] = [];
    for await (const chunk of body) {
      touch();
      chunks.push(chunk as Buffer);
    }
    const bytes = Buffer.concat(chunks);
    if (bytes.length === (found.ContentLength ?? bytes.length)) return { bytes, tag: found.ETag ?? '' };
    throw new Error(`only ${bytes.length} of ${found.ContentLength} bytes came`);
  });
}

async function list(access: Access, prefix: string, after?: string): Promise<ObjectInfo[]> {
  const { bucket, root, pageSize, url } = access;
  const found: ObjectInfo[] = [];
  let token: string | undefined;
  do {
    const page = await access.call(`Listing ${url(prefix)}`, 0, ({ sdk, client, options }) => {
      const from = {
        MaxKeys: pageSize,
        ...(after !== undefined && { StartAfter: root + after }),
        ...(token !== undefined && { ContinuationToken: token }),
      };
      return client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: root + prefix, ...from }), options);
    });
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
      // Other tools leave empty objects that stand for folders.
      if (Key.endsWith('/')) continue;
      found.push({ key: Key.slice(root.length), size: Size, modifiedAt: LastModified?.getTime() ?? 0 });
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function probe(access: Access): Promise<void> {
  const { at, url } = access;
  const key = `_sluice/probe-${randomUUID()}`;
  const putOnce = (): Promise<boolean> =>
    access.call(`Testing conditional writes at ${url('')}`, 0, async ({ sdk, client, options }) => {
      try {
        await client.send(new sdk.PutObjectCommand({ ...at(key), Body: 'probe', IfNoneMatch: '*' }), options);
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    });
  await putOnce();
  const isIgnored = await putOnce();
  await access.call(`Deleting ${url(key)}`, 0, async ({ sdk, client, options }) => {
    await client.send(new sdk.DeleteObjectCommand(at(key)), options);
  });
  if (isIgnored) throw conditionIgnored(url(''));
}

/** Creates the bucket unless it is there. Who may not create buckets can still find one. */
export async function ensureBucket(settings: S3Settings, log: Log): Promise<'created' | 'found'> {
  const access = openAccess(settings, log, S3_LIMITS, systemClock);
  const Bucket = settings.bucket;
  const elsewhere = settings.endpoint === null && settings.region !== 'us-east-1';
  const place = elsewhere && { CreateBucketConfiguration: { LocationConstraint: settings.region } };
  try {
    return await access.call(`Looking for the bucket ${Bucket}`, 0, async ({ sdk, client, options }) => {
      const found = await client.send(new sdk.HeadBucketCommand({ Bucket }), options).catch(nullIfAbsent);
      if (found) return 'found';
      const input = { Bucket, ...place } as Sdk.CreateBucketCommandInput;
      const made = await client.send(new sdk.CreateBucketCommand(input), options).catch((error: unknown) => {
        if (statusOf(error) === 409) return null;
        throw error;
      });
      return made ? 'created' : 'found';
    });
  } finally {
    access.close();
  }
}

interface Loaded {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

type Attempt = Loaded & Deadline;

interface Access {
  readonly bucket: string;
  /** Before every key: empty, or ends in a slash. */
  readonly root: string;
  readonly pageSize: number;
  readonly at: (key: string) => { Bucket: string; Key: string };
  readonly url: (key: string) => string;
  /** Runs a request, again where that can help. @param size bytes to send */
  call<T>(tried: string, size: number, work: (attempt: Attempt) => Promise<T>): Promise<T>;
  readonly close: () => void;
}

function openAccess(settings: S3Settings, log: Log, limits: S3Limits, clock: Clock): Access {
  const { bucket, prefix } = settings;
  let loaded: Promise<Loaded> | undefined;
  const closing = new AbortController();
  const server = settings.endpoint ?? 'Amazon';
  const agents = openAgents(server);
  const root = prefix === '' ? '' : `${prefix}/`;
  const onRetry = (error: SluiceError, attempt: number): void => log('warn', `${error.message} (try ${attempt + 1})`);
  return {
    bucket,
    root,
    pageSize: limits.pageSize,
    at: (key) => ({ Bucket: bucket, Key: root + key }),
    url: (key) => `s3a://${bucket}/${root}${key}`,
    call: (tried, size, work) => {
      const ms = limits.attemptMs + Math.ceil((size * 1000) / limits.bytesPerSecond);
      const options = { policy: limits.retry, clock, signal: closing.signal, onRetry };
      return retrying(async () => {
        const ready = await (loaded ??= load(settings, limits, agents));
        return inTime(
          tried,
          ms,
          () => dropIdle(server),
          (attempt) => work({ ...ready, ...attempt }),
        );
      }, options);
    },
    close: () => {
      closing.abort();
      closeAgents(server, agents);
      void loaded?.then(({ client }) => client.destroy());
    },
  };
}

/** The client itself never tries again: only we know what a repeated conditional write means. */
async function load(settings: S3Settings, limits: S3Limits, agents: Agents): Promise<Loaded> {
  const { endpoint, region, forcePathStyle, credentials } = settings;
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    forcePathStyle,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: limits.connectMs, throwOnRequestTimeout: true, ...agents },
    ...(endpoint !== null && { endpoint }),
    ...(credentials && { credentials: toIdentity(credentials) }),
  });
  return { sdk, client };
}

function toIdentity({ sessionToken, ...keys }: S3Credentials): NonNullable<Sdk.S3ClientConfig['credentials']> {
  return sessionToken === null ? keys : { ...keys, sessionToken };
}
