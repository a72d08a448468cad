/** A bucket on a real S3 server, and how to reach it from a process of its own. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { readDelta, type DeltaFacts } from '../../support/deltalake.ts';
import { S3_KEYS, startS3, type S3Kind, type S3Server } from './s3.ts';

export interface Lake {
  readonly server: S3Server;
  /** The address of a path in the bucket. */
  readonly at: (key: string) => string;
  /** What a process needs in its environment to read and write there. */
  readonly env: Readonly<Record<string, string>>;
  /** What an independent reader finds in the table at the path. */
  read(key: string): Promise<DeltaFacts>;
}

const BUCKET = 'lakehouse';

export async function startLake(kind: S3Kind): Promise<Lake> {
  const server = await startS3(kind);
  const { endpoint } = server;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: S3_KEYS });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  const env = {
    AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: endpoint,
  };
  const forReader = { ...env, AWS_ENDPOINT_URL: endpoint, AWS_ALLOW_HTTP: 'true' };
  return {
    server,
    env,
    at: (key) => `s3a://${BUCKET}/${key}`,
    read: (key) => readDelta(`s3://${BUCKET}/${key}`, forReader),
  };
}
