/** The fraud API of the embedded stack answers like the service in `services/fraud-api`, with models and without. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFraudApi, type FraudApiServer } from '../../../../src/stack/embedded/fraud-api.ts';

/** What the service answered; written by services/fraud-api/tests/contract.py, and compared with it by a test there. */
interface Call {
  readonly models: boolean;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly status: number;
  readonly answer: unknown;
}

const calls = readFileSync('test/fixtures/scorer/contract.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Call => JSON.parse(line));

describe.each([true, false])('with models: %s', (models) => {
  let empty: string;
  let api: FraudApiServer;
  const mine = calls.filter((call) => call.models === models);

  beforeAll(async () => {
    empty = await mkdtemp(path.join(tmpdir(), 'sluice-models-'));
    api = await startFraudApi(0, [empty, models ? 'model/artifacts' : empty]);
  });
  afterAll(async () => {
    await api.close();
    await rm(empty, { recursive: true });
  });

  test(`every answer is the service's own`, async () => {
    expect(mine.length).toBeGreaterThan(50);
    for (const call of mine) {
      const { status, answer } = await ask(call);
      const name = `${call.method} ${call.path} ${call.body.slice(0, 300)}`;
      expect(status, name).toBe(call.status);
      expect(comparable(status, answer), name).toEqual(comparable(status, call.answer));
      if (status === 200) expect(farNumbers(answer, call.answer, ''), name).toEqual([]);
    }
  });

  async function ask({ method, path: at, body }: Call): Promise<{ status: number; answer: unknown }> {
    const reply = await fetch(api.url + at, method === 'POST' ? { method, body } : { method });
    return { status: reply.status, answer: await reply.json() };
  }
});

/** Numbers are compared apart, to 1e-9. Of a refusal the place counts, of a failure the files that it names. */
function comparable(status: number, answer: unknown): unknown {
  if (status === 200) return withoutNumbers(answer);
  const { detail } = answer as { detail: string | { loc: unknown[]; type: string }[] };
  if (status === 500) return String(detail).match(/\w+\.json/g);
  if (typeof detail === 'string') return detail;
  return detail.map(({ loc, type }) => (type === 'json_invalid' ? loc.slice(0, 1) : loc));
}

function withoutNumbers(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === 'number' ? 0 : each)));
}

/** Paths of the numbers that differ by more than 1e-9. */
function farNumbers(one: unknown, other: unknown, at: string): string[] {
  if (typeof one === 'number' && typeof other === 'number')
    return Math.abs(one - other) <= 1e-9 ? [] : [`${at}: ${one} and ${other}`];
  if (typeof one !== 'object' || one === null) return [];
  return Object.entries(one).flatMap(([key, each]) =>
    farNumbers(each, (other as Record<string, unknown>)[key], `${at}.${key}`),
  );
}
