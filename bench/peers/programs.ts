/** The programs that are compared: each appends the same topic to a Delta table that is partitioned by day. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { bringSpark, SPARK_PROGRAMS } from '../../test/support/spark.ts';
import type { Command } from '../support/measure.ts';
import { ROOT } from '../support/host.ts';
import { bringPython } from '../support/venv.ts';

export const PEERS = ['sluice', 'polars', 'json', 'spark', 'kcat'] as const;
export type Peer = (typeof PEERS)[number];

export const TITLES: Readonly<Record<Peer, string>> = {
  sluice: 'Sluice',
  polars: 'Python: polars + delta-rs',
  json: 'Python: `json` + pyarrow + delta-rs',
  spark: 'Spark 3.5.7, `spark/bronze.py`',
  kcat: 'kcat, which only reads',
};

const PACKAGES = ['polars==2.1.0', 'deltalake==1.6.6', 'pyarrow==26.0.1', 'confluent-kafka==2.16.1'];
/** What is shipped, not the sources. */
const SLUICE = path.join(ROOT, 'dist', 'cli.cjs');
/** One commit for the whole topic, for everyone. */
const ALL = '1000000000';

export interface Place {
  readonly brokers: string;
  readonly topic: string;
  /** A folder of its own for each run, with the table in `table`. */
  readonly root: string;
}

export interface Program {
  readonly peer: Peer;
  /** Reads what is there and ends; of Spark: reads until it is stopped. */
  catchUp(place: Place): Command;
  /** Goes on reading; null for a program that has no such way. */
  follow(place: Place, more?: Readonly<Record<string, string>>): Command | null;
}

/** Brings what is wanted, and leaves out what this machine does not have. */
export async function bringPrograms(wanted: readonly Peer[]): Promise<Program[]> {
  const makers: Record<Peer, () => Promise<Program | null>> = {
    sluice: async () => sluiceProgram(),
    polars: async () => pythonProgram('polars', await bringPython('venv-peers', PACKAGES)),
    json: async () => pythonProgram('json', await bringPython('venv-peers', PACKAGES)),
    spark: sparkProgram,
    kcat: async () => (spawnSync('kcat', ['-V']).error ? null : kcatProgram()),
  };
  const programs: Program[] = [];
  for (const peer of wanted) {
    const program = await makers[peer]();
    if (program) programs.push(program);
    else console.log(`${TITLES[peer]}: not on this machine, left out`);
  }
  return programs;
}

function sluiceProgram(): Program {
  const run = ({ brokers, topic, root }: Place, how: string, more: Readonly<Record<string, string>>): Command => ({
    command: process.execPath,
    args: [SLUICE, 'run', 'bronze', how, '--json'],
    env: {
      KAFKA_BROKERS: brokers,
      KAFKA_TOPIC: topic,
      BRONZE_PATH: path.join(root, 'table'),
      BRONZE_CHECKPOINT: path.join(root, 'checkpoint'),
      BRONZE_QUARANTINE: path.join(root, 'quarantine'),
      MAX_OFFSETS_PER_TRIGGER: ALL,
      TRIGGER_INTERVAL: '0',
      ...more,
    },
  });
  return {
    peer: 'sluice',
    catchUp: (place) => run(place, '--available-now', {}),
    follow: (place, more = {}) => run(place, '--until-stopped', more),
  };
}

function pythonProgram(peer: 'polars' | 'json', python: string): Program {
  const script = path.join(import.meta.dirname, `${peer}_peer.py`);
  return {
    peer,
    catchUp: ({ brokers, topic, root }) => ({
      command: python,
      args: [script, brokers, topic, path.join(root, 'table'), ALL],
    }),
    follow: () => null,
  };
}

async function sparkProgram(): Promise<Program> {
  const spark = await bringSpark('3.5');
  const run = ({ brokers, topic, root }: Place, more: Readonly<Record<string, string>>): Command => ({
    command: spark.python,
    args: [
      path.join(SPARK_PROGRAMS, 'bronze.py'),
      `--brokers=${brokers}`,
      `--topic=${topic}`,
      `--checkpoint=${path.join(root, 'checkpoint')}`,
      `--table=${path.join(root, 'table')}`,
    ],
    env: { PYSPARK_SUBMIT_ARGS: spark.submitArgs, SPARK_LOCAL_IP: '127.0.0.1', PYTHONUNBUFFERED: '1', ...more },
  });
  return { peer: 'spark', catchUp: (place) => run(place, {}), follow: (place, more = {}) => run(place, more) };
}

function kcatProgram(): Program {
  return {
    peer: 'kcat',
    catchUp: ({ brokers, topic }) => ({
      command: 'kcat',
      args: ['-C', '-b', brokers, '-t', topic, '-o', 'beginning', '-e', '-q'],
    }),
    follow: () => null,
  };
}
