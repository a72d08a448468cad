/**
 * One file of a checkpoint or of a Delta log with a byte flipped, overwritten or cut off, and the start that follows. A
 * start may stop with a code, or go on; it was wrong when the table then does not hold every record once, judged with
 * the damaged file as it was before.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { armFailpoints, parseFailpoints } from '../../../src/pipeline/failpoints.ts';
import { SluiceError } from '../../../src/pipeline/errors.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { openBench, type Bench } from './bench.ts';
import { memorySource, type MemorySource } from './memory-source.ts';
import { isSound, judge, readRows } from './oracle.ts';
import { afterOf, envelope, FIXTURES, goldenRecords } from './records.ts';
import { sentOf, seeded, toRecord, type Sent } from './workload.ts';

/** What the last run left: nothing but a start, a finished batch, a promised one, one that only `commits/N` is missing for; and what Spark left. */
export const STATES = ['first', 'clean', 'promised', 'written', 'spark'] as const;
export type State = (typeof STATES)[number];

export interface DamageResult {
  readonly seed: number;
  readonly state: State;
  /** Below the folder of the query. */
  readonly file: string;
  readonly damage: 'flip' | 'overwrite' | 'cut';
  readonly at: number;
  /** `went on`: and all is right. `named`: stopped with a code and a message that names the file. `told`: stopped with a code for what contradicts. */
  readonly outcome: 'went on' | 'named' | 'told' | 'nameless' | 'wrong';
  readonly code: string | null;
  readonly message: string;
}

const PARTITIONS = 3;
const BATCHES = 6;
const MORE = 4;
const POISON = 9;
/** Codes that say by themselves which two things contradict each other. */
const CONTRADICTIONS = ['TABLE_AHEAD', 'TABLE_BEHIND', 'TABLE_UNSUPPORTED', 'SOURCE_CHANGED', 'DATA_LOSS'];

export async function damageOnce(seed: number, scratch: string): Promise<DamageResult> {
  const random = seeded(seed);
  const state = STATES[seed % STATES.length] ?? 'clean';
  const root = mkdtempSync(path.join(scratch, `${state}-${seed}-`));
  try {
    cpSync(await template(state, scratch), root, { recursive: true });
    const hit = hitFile(root, random);
    const bench = openBench(root, state === 'spark' ? sparkTopic() : topic(sentUpTo(rounds(state) + 1)));
    return { seed, state, ...hit.told, ...(await judgeStart(bench, state, hit)) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface Hit {
  readonly told: Pick<DamageResult, 'file' | 'damage' | 'at'>;
  readonly before: Buffer;
  readonly after: Buffer;
}

function hitFile(root: string, random: () => number): Hit {
  const below = (max: number): number => Math.floor(random() * max);
  const files = ['checkpoint', path.join('table', '_delta_log')].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.crc'))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))),
  );
  const file = files.sort()[below(files.length)] ?? '';
  const before = readFileSync(path.join(root, file));
  const at = below(before.length);
  const damage = (['flip', 'overwrite', 'cut'] as const)[below(3)] ?? 'flip';
  const after = Buffer.from(damage === 'cut' ? before.subarray(0, at) : before);
  if (damage === 'flip') after[at] = (before[at] ?? 0) ^ (1 << below(8));
  if (damage === 'overwrite') after[at] = otherByte(before[at] ?? 0, below);
  writeFileSync(path.join(root, file), after);
  return { told: { file, damage, at }, before, after };
}

/** A digit becomes another digit: the damage that is hardest to see. */
function otherByte(byte: number, below: (max: number) => number): number {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  return isDigit ? 0x30 + ((byte - 0x30 + 1 + below(9)) % 10) : (byte + 1 + below(255)) % 256;
}

async function judgeStart(
  bench: Bench,
  state: State,
  hit: Hit,
): Promise<Pick<DamageResult, 'outcome' | 'code' | 'message'>> {
  const error = await bench.run('all').then(
    () => null,
    (thrown: Error) => thrown,
  );
  if (error) return judgeStop(error, hit.told.file);
  const file = path.join(bench.root, hit.told.file);
  // Before the first batch any id is as good as the one that was there.
  const isNewId = state === 'first' && hit.told.file.endsWith('metadata');
  if (!isNewId && existsSync(file) && readFileSync(file).equals(hit.after)) writeFileSync(file, hit.before);
  const wrong = state === 'spark' ? judgeSpark(bench) : await judgeOwn(bench, state);
  return { outcome: wrong === null ? 'went on' : 'wrong', code: null, message: wrong ?? '' };
}

function judgeStop(error: Error, file: string): Pick<DamageResult, 'outcome' | 'code' | 'message'> {
  const code = error instanceof SluiceError ? error.code : null;
  const version = /(\d{20})\./.exec(file)?.[1];
  const names = [file.replace(/^(checkpoint|table)\//, ''), path.basename(file)];
  if (version) names.push(`version ${Number(version)}`);
  const isNamed = names.some((name) => name.length > 2 && error.message.includes(name));
  const isTold = code !== null && CONTRADICTIONS.includes(code);
  const outcome = code === null ? 'nameless' : isNamed ? 'named' : isTold ? 'told' : 'nameless';
  return { outcome, code, message: error.message };
}

async function judgeOwn({ root, table, checkpoint }: Bench, state: State): Promise<string | null> {
  const quarantine = openLocalStore(path.join(root, 'quarantine'));
  const sent = sentUpTo(rounds(state) + 1);
  const verdict = await judge({ sent, ...(await readRows(table)), table, checkpoint, quarantine });
  return isSound(verdict) ? null : JSON.stringify(verdict);
}

/** Spark's own commits tell no offsets: what we added must be the one record that came after them, once. */
function judgeSpark({ progress }: Bench): string | null {
  const told = progress.map(({ batchId, numInputRows, sources }) => [batchId, numInputRows, sources[0]?.startOffset]);
  const wanted = [[12, 1, { 0: '77', 1: '79', 2: '56' }]];
  const sorted = (value: unknown): string =>
    JSON.stringify(value, Object.keys({ 0: 0, 1: 0, 2: 0 }).sort().concat(['startOffset']));
  return JSON.stringify(told.flat(2).map(sorted)) === JSON.stringify(wanted.flat(2).map(sorted))
    ? null
    : JSON.stringify(told);
}

/** How often records were appended before the damage. */
const rounds = (state: State): number => (state === 'first' ? 0 : BATCHES);

function sentUpTo(round: number): Sent[] {
  const numbers = Array.from({ length: round * MORE }, (_, n) => n);
  return Array.from({ length: PARTITIONS }, (_, each) => numbers.map((n) => sentOf(each, n, POISON))).flat();
}

function topic(sent: readonly Sent[]): MemorySource {
  const source = memorySource(PARTITIONS);
  source.appendRecords(sent.map(toRecord));
  return source;
}

function sparkTopic(): MemorySource {
  const source = memorySource(PARTITIONS, 'golden.public.transactions');
  source.appendRecords(goldenRecords());
  source.append(0, [envelope(afterOf(1))]);
  return source;
}

/** The folder that a state leaves, made once. */
async function template(state: State, scratch: string): Promise<string> {
  const root = path.join(scratch, state);
  if (existsSync(root)) return root;
  mkdirSync(root);
  if (state === 'spark') {
    cpSync(path.join(FIXTURES, 'golden', 'checkpoint'), path.join(root, 'checkpoint'), { recursive: true });
    cpSync(path.join(FIXTURES, 'golden', 'log'), path.join(root, 'table'), { recursive: true });
    return root;
  }
  if (state === 'first') mkdirSync(path.join(root, 'table', '_delta_log'), { recursive: true });
  await openBench(root, topic([])).run(0);
  for (let round = 1; round <= rounds(state); round += 1) {
    const dies = round === BATCHES && state !== 'clean';
    armFailpoints(
      dies ? { shots: parseFailpoints(state === 'promised' ? 'b3=throw' : 'b8=throw'), folder: null } : null,
    );
    await openBench(root, topic(sentUpTo(round)))
      .run('all')
      .catch((error: Error) => {
        if (!dies) throw error;
      });
  }
  armFailpoints(null);
  return root;
}
