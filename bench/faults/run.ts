/** One `sluice run bronze --until-stopped`, watched by what it says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sluice } from '../../test/stack/servers/cli.ts';

export interface Run {
  /** Batches that were committed so far. */
  batches(): number;
  untilBatches(count: number, ms: number): Promise<void>;
  /** When the first batch after `since` was committed, ms since 1970; null when there is none within `ms`. */
  nextBatch(since: number, ms: number): Promise<number | null>;
  stop(): Promise<void>;
  /** Reads the rest of the topic in a run of its own. */
  drain(): Promise<void>;
  /** What it warned of, each kind once. */
  troubles(): string[];
}

const COMMITTED = /Batch \d+: Writing to Bronze layer/;
/** Rows of a batch: the topic outlasts the fault. */
const BATCH_ROWS = '50';
const TICK_MS = 20;

export function openRun(env: Readonly<Record<string, string>>, cwd: string): Run {
  const process = sluice('run bronze --until-stopped --json', { ...env, MAX_OFFSETS_PER_TRIGGER: BATCH_ROWS }, cwd);
  const times: number[] = [];
  let rest = '';
  process.child.stderr?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (COMMITTED.test(line)) times.push(Date.now());
  });
  const until = async (test: () => boolean, ms: number): Promise<boolean> => {
    const late = Date.now() + ms;
    while (!test() && Date.now() < late && process.child.exitCode === null) await sleep(TICK_MS);
    return test();
  };
  return {
    batches: () => times.length,
    untilBatches: async (count, ms) => {
      if (!(await until(() => times.length >= count, ms))) throw new Error(`no batches: ${process.said.err}`);
    },
    nextBatch: async (since, ms) => {
      await until(() => times.some((time) => time > since), ms);
      return times.find((time) => time > since) ?? null;
    },
    stop: async () => {
      process.child.kill('SIGTERM');
      await process.ended;
    },
    drain: async () => {
      const { code, err } = await sluice('run bronze --available-now --json', env, cwd).ended;
      if (code !== 0) throw new Error(`the rest cannot be read: ${err}`);
    },
    troubles: () => [...new Set(process.said.err.split('\n').filter(isTrouble).map(toKind))].slice(0, 12),
  };
}

const isTrouble = (line: string): boolean =>
  /\(try|trying again|: no answer|UNAVAILABLE|after [A-Z_]+$|Took over/.test(line);

/** The same trouble with other objects, offsets and times is the same kind. */
function toKind(line: string): string {
  return line
    .replace(/s3a:\/\/\S+/g, '<object>')
    .replace(/[0-9a-f-]{36}/g, '<id>')
    .replace(/127\.0\.0\.1:\d+/g, '<address>')
    .replace(/\d+/g, 'n');
}
