/** A real Spark with Delta and the Kafka source: Python's `pyspark` and Maven's jars, brought once and kept outside of the checkout. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { prepareJars } from '../stack/servers/maven.ts';
import { CACHE, hasTool } from '../stack/servers/program.ts';

const run = promisify(execFile);
export const SPARK_PROGRAMS = path.resolve(import.meta.dirname, '..', '..', 'spark');

interface Release {
  readonly pyspark: string;
  readonly delta: string;
  readonly scala: string;
}

/** Minor version of Spark -> what is installed. */
export const RELEASES = {
  '3.4': { pyspark: '3.4.4', delta: 'io.delta:delta-core_2.12:2.4.0', scala: '2.12' },
  '3.5': { pyspark: '3.5.7', delta: 'io.delta:delta-spark_2.12:3.3.2', scala: '2.12' },
  '4.0': { pyspark: '4.0.0', delta: 'io.delta:delta-spark_2.13:4.0.0', scala: '2.13' },
} as const satisfies Record<string, Release>;

export type SparkVersion = keyof typeof RELEASES;
export const SPARK_VERSIONS = Object.keys(RELEASES) as SparkVersion[];

/** What `npm test -- interop` runs with; another one by its minor version in the environment. */
export const INTEROP_SPARK = toVersion(process.env['INTEROP_SPARK'] ?? '3.5');

/** Throws for a release that is not known here. */
export function toVersion(text: string): SparkVersion {
  if (text in RELEASES) return text as SparkVersion;
  throw new Error(`there is no Spark ${text} here: ${SPARK_VERSIONS.join(', ')}`);
}

export interface Spark {
  readonly python: string;
  /** For programs that make their own session: options of the launcher. */
  readonly submitArgs: string;
}

export interface SparkProcess {
  readonly child: ChildProcess;
  /** Resolves with the exit code, null when it was killed. */
  readonly gone: Promise<number | null>;
  /** Resolves true when a line of its output begins with the text, false when it ends before. */
  line(start: string): Promise<boolean>;
  /** Sends it a line and resolves with the rest of its next line that begins so. Only for one that reads its input. */
  ask(start: string, line: string): Promise<string>;
}

/** Throws one sentence that says what is missing. Takes minutes the first time. */
export async function bringSpark(version: SparkVersion): Promise<Spark> {
  const release = RELEASES[version];
  const folder = path.join(CACHE, `spark-${release.pyspark}`);
  const python = path.join(folder, 'venv', 'bin', 'python');
  await make(path.join(folder, 'venv'), (fresh) => installPython(fresh, [`pyspark==${release.pyspark}`, ...BESIDE]));
  const jars = path.join(folder, 'jars');
  await prepareJars({
    folder: jars,
    artifacts: [release.delta, `org.apache.spark:spark-sql-kafka-0-10_${release.scala}:${release.pyspark}`],
    without: (file) => !NOT_IN_SPARK.test(file),
  });
  const names = (await readdir(jars)).map((name) => path.join(jars, name));
  const conf = [
    'spark.ui.enabled=false',
    'spark.ui.showConsoleProgress=false',
    'spark.driver.memory=1g',
    'spark.driver.host=127.0.0.1',
  ];
  const args = ['--master', 'local[2]', '--jars', names.join(','), ...conf.flatMap((each) => ['--conf', each])];
  return { python, submitArgs: [...args, 'pyspark-shell'].join(' ') };
}

/** Spark cuts its picture of a table into 50 parts; the tables of a test have a few files. Rows and bytes stay as they are. */
export function forSmallTables({ python, submitArgs }: Spark): Spark {
  return { python, submitArgs: `--conf spark.databricks.delta.snapshotPartitions=2 ${submitArgs}` };
}

const NOT_IN_SPARK = /^(delta-|spark-sql-kafka|spark-token|kafka-clients|commons-pool2)/;
/** Python packages that the programs use beside Spark. */
const BESIDE = ['psycopg[binary]==3.2.9'];

/** A Python for the programs' lease alone, which needs no Spark. */
export async function leasePython(): Promise<string> {
  const folder = path.join(CACHE, 'venv-spark-lease');
  await make(folder, (fresh) => installPython(fresh, ['boto3==1.44.8']));
  return path.join(folder, 'bin', 'python');
}

/** Starts a Python program with Spark; its output goes to the log file as well. */
export function startSpark(
  spark: Spark,
  program: readonly string[],
  log: string,
  { reads = false, env = {} }: { readonly reads?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): SparkProcess {
  const child = spawn(spark.python, program, {
    // Some releases leave a folder where they are started.
    cwd: tmpdir(),
    env: { ...process.env, ...envOf(spark), ...env },
    stdio: [reads ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const file = createWriteStream(log, { flags: 'a' });
  let output = '';
  let complaints = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) stream?.pipe(file, { end: false });
  // Lines of the one stream must not be torn by what comes in the other.
  child.stdout?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-200_000);
    waiting.forEach((look) => look());
  });
  child.stderr?.on('data', (chunk: Buffer) => void (complaints = (complaints + chunk.toString()).slice(-20_000)));
  const gone = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const line = (start: string): Promise<boolean> =>
    new Promise((resolve) => {
      const isThere = (): boolean => output.split('\n').some((each) => each.startsWith(start));
      const look = (): void => {
        if (!isThere()) return;
        waiting.delete(look);
        resolve(true);
      };
      waiting.add(look);
      look();
      void gone.then(() => resolve(isThere()));
    });
  const ask = async (start: string, line: string): Promise<string> => {
    const answers = (): string[] =>
      output
        .split('\n')
        .slice(0, -1)
        .filter((each) => each.startsWith(start));
    const known = answers().length;
    child.stdin?.write(`${line}\n`);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const answer = answers()[known];
        if (answer === undefined) return;
        waiting.delete(look);
        resolve(answer.slice(start.length));
      };
      waiting.add(look);
      look();
      void gone.then(() => reject(new Error(`Spark ended: ${complaints.slice(-2_000)}`)));
    });
  };
  return { child, gone, line, ask };
}

/** Runs a program to its end and answers what it printed. */
export async function runSpark(spark: Spark, program: readonly string[]): Promise<string> {
  const env = { ...process.env, ...envOf(spark) };
  const { stdout } = await run(spark.python, program, { env, maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

function envOf({ submitArgs }: Spark): Record<string, string> {
  return {
    PYSPARK_SUBMIT_ARGS: submitArgs,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** Why Spark cannot be run here without downloading it first, or null. */
export function sparkObstacle(version: SparkVersion): string | null {
  if (!hasTool('java', ['-version'])) return 'no java on PATH (17 or newer is needed)';
  const folder = path.join(CACHE, `spark-${RELEASES[version].pyspark}`);
  const whole = existsSync(path.join(folder, 'venv')) && existsSync(path.join(folder, 'jars'));
  return whole ? null : `Spark ${RELEASES[version].pyspark} has not been downloaded`;
}

/** Made beside its place and renamed, so that a half made one is never used. */
async function make(place: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  if (await isThere(place)) return;
  await mkdir(path.dirname(place), { recursive: true });
  const fresh = await mkdtemp(`${place}-`);
  try {
    await fill(fresh);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    const message = 'Spark needs Python 3 with venv and pip, Maven and Java 17: apt-get install python3-venv maven.';
    throw new Error(message, { cause });
  }
  await rename(fresh, place).catch(async (error: unknown) => {
    if (!(await isThere(place))) throw error;
    await rm(fresh, { recursive: true, force: true });
  });
}

/** The launchers of a moved environment name their old place; the interpreter itself, and its packages, do not care. */
async function installPython(folder: string, packages: readonly string[]): Promise<void> {
  await run('python3', ['-m', 'venv', folder]);
  await run(path.join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
}

function isThere(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}
