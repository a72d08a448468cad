/** Makes servers ready for the two queries: what is missing is created, what is there is left as it is. May be run again. */
import { SluiceError } from '../../pipeline/errors.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import type { Log } from '../../pipeline/ports.ts';
import { ensureTopic } from '../../pipeline/source/kafka.ts';
import type { KafkaSettings } from '../../pipeline/source/kafka-settings.ts';
import { ensureBucket, openS3Store } from '../../pipeline/store/s3.ts';
import type { S3Settings } from '../../pipeline/store/s3-settings.ts';
import { openConnector, type Connector, type Ensured } from '../connector/connector.ts';
import { wantedFor } from '../external/connector.ts';
import type { ConnectSettings } from '../servers.ts';
import { prepareCaptured } from './database.ts';

/** In the order in which they rest on one another. */
export const SETUP_STEPS = ['database', 'bucket', 'topic', 'connector'] as const;
export type SetupStep = (typeof SETUP_STEPS)[number];

/** What each step needs to know. */
export interface SetupTargets {
  readonly database: {
    readonly captured: PostgresSettings;
    /** Of the captured database, in the folder `frauddb`. */
    readonly migrationsFolder: string;
    readonly publication: string;
  };
  readonly bucket: S3Settings;
  readonly topic: { readonly kafka: KafkaSettings; readonly partitions: number };
  readonly connector: { readonly connect: ConnectSettings; readonly captured: PostgresSettings };
}

/** Does one step, and answers in one sentence what it found or did. */
export function setUp<S extends SetupStep>(step: S, target: SetupTargets[S], log: Log): Promise<string> {
  return STEPS[step](target, log);
}

const STEPS: { readonly [S in SetupStep]: (target: SetupTargets[S], log: Log) => Promise<string> } = {
  database: (target) => prepareCaptured(target),
  bucket: async (target, log) => {
    const did = await ensureBucket(target, log);
    const store = openS3Store({ ...target, prefix: '' }, log);
    await store.probeConditionalPut().finally(() => store.close());
    return `${did === 'created' ? 'Created the bucket' : 'Found the bucket'} ${target.bucket}; it honours conditional writes`;
  },
  topic: async ({ kafka, partitions }) => {
    const { created, partitions: found } = await ensureTopic(kafka, partitions);
    return `${created ? 'Created' : 'Found'} the topic ${kafka.topic} with ${found} ${found === 1 ? 'partition' : 'partitions'}`;
  },
  connector: async ({ connect, captured }) => {
    const { url } = connect;
    const connector = openConnector({ url, name: connect.connector });
    const ensured = await connector.ensure(wantedFor(connect, captured));
    return `${describeEnsured(ensured)}; it is ${await running(connector, url)}`;
  },
};

function describeEnsured({ did, changes }: Ensured): string {
  if (did === 'created') return 'Created the connector';
  if (did === 'nothing') return 'Found the connector as it should be';
  return `Updated the connector (${changes.map(({ name }) => name).join(', ')})`;
}

/** A task that has failed is given one more try: what it failed on may have been what this run has just repaired. */
async function running(connector: Connector, url: string): Promise<string> {
  let view = await connector.settled();
  if (view.state === 'FAILED') view = await connector.restartFailed();
  if (view.state === 'RUNNING') return 'RUNNING';
  throw new SluiceError('CONNECT_UNAVAILABLE', {
    tried: `Starting the connector ${view.name} on ${url}`,
    seen: `it is ${view.state}${view.reason === null ? '' : `: ${view.reason}`}`,
    expected: 'RUNNING',
    action:
      view.state === 'FAILED'
        ? 'Do what its reason says, then run this again.'
        : 'Resume it, or look at the log of Kafka Connect.',
  });
}
