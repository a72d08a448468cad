/** Shows that a check notices exactly one broken thing, and that its fix helps; keeps a table of what was shown. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { openInstruments, type Instruments } from '../../../../src/stack/doctor/instruments.ts';
import type { Check } from '../../../../src/stack/doctor/check.ts';
import { planChecks } from '../../../../src/stack/doctor/doctor.ts';
import type { Patient } from '../../../../src/stack/doctor/patient.ts';
import type { CheckId, CheckState, CheckView } from '../../../../src/stack/doctor/report.ts';
import { runChecks, runFix } from '../../../../src/stack/doctor/runner.ts';

export interface Case {
  readonly check: CheckId;
  /** What is broken, in words. */
  readonly broken: string;
  readonly patient: () => Patient;
  /** `from the start`: the thing has never been well. */
  readonly damage: 'from the start' | (() => unknown);
  readonly finds: CheckState;
  readonly seen: RegExp;
  /** `us`: by the fix that Sluice offers; else what a person does, and in words what that is. */
  readonly repair: 'us' | { readonly words: string; readonly do: () => unknown };
  readonly tools?: Partial<Instruments>;
}

const FOLDER = path.resolve(import.meta.dirname, '../../../../test-results');

/** @param part which tests these are: each keeps its own rows */
export async function prove(part: string, each: Case): Promise<CheckView> {
  if (each.damage !== 'from the start') {
    expect(await look(each)).toMatchObject({ state: 'passed' });
    await each.damage();
  }
  const found = await look(each);
  expect(found).toMatchObject({ id: each.check, state: each.finds, seen: expect.stringMatching(each.seen) });
  expect(found.fix?.text).toMatch(/\w/);
  expect(found.expected).not.toBe('');
  const repaired = each.repair === 'us' ? await repair(each, found) : await byHand(each, each.repair.do);
  expect(repaired).toMatchObject({ id: each.check, state: 'passed' });
  record(part, each, found, repaired);
  return found;
}

export async function look({ check, patient, tools }: Pick<Case, 'check' | 'patient' | 'tools'>): Promise<CheckView> {
  const [view] = await withTools(tools, (all) => runChecks([checkOf(patient(), check)], all));
  if (!view) throw new Error(`${check} was not made`);
  return view;
}

async function repair({ check, patient, tools }: Case, { fix }: CheckView): Promise<CheckView> {
  const will = fix?.action?.will ?? [];
  expect(will.length).toBeGreaterThan(0);
  const result = await withTools(tools, (all) => runFix(checkOf(patient(), check), will, all));
  expect(result.did).toEqual(will);
  return result.check;
}

async function byHand(each: Case, work: () => unknown): Promise<CheckView> {
  await work();
  return look(each);
}

function checkOf(patient: Patient, id: CheckId): Check {
  const check = planChecks(patient).find((each) => each.id === id);
  if (!check) throw new Error(`there is no check ${id}`);
  return check;
}

async function withTools<T>(own: Partial<Instruments> = {}, work: (tools: Instruments) => Promise<T>): Promise<T> {
  const opened = openInstruments({ log: () => undefined });
  try {
    return await work({ ...opened, ...own });
  } finally {
    await opened.close();
  }
}

interface Row {
  readonly check: CheckId;
  readonly broken: string;
  readonly found: string;
  readonly fixed: string;
}

/** One file a part: two test files that run at once never write the same one. */
const rows = new Map<string, Row[]>();

function record(part: string, { check, broken, repair: how }: Case, found: CheckView, repaired: CheckView): void {
  const fixed = how === 'us' ? `by Sluice: ${found.fix?.action?.will.join('; ')}` : `by hand: ${how.words}`;
  const row = { check, broken, found: `${found.state}: ${found.seen}`, fixed: `${fixed} → ${repaired.state}` };
  const own = [...(rows.get(part) ?? []), row];
  rows.set(part, own);
  const folder = path.join(FOLDER, 'doctor');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${part}.json`), JSON.stringify(own));
  const all = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Row[]);
  writeFileSync(path.join(FOLDER, 'doctor.md'), toTable(all));
}

/** Ports and folders are other ones with each run; what stands in a cell must not end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 240);

function toTable(all: readonly Row[]): string {
  const lines = [...all]
    .sort((a, b) => a.check.localeCompare(b.check) || a.broken.localeCompare(b.broken))
    .map(({ check, broken, found, fixed }) => `| ${[check, broken, found, fixed].map(cell).join(' | ')} |`);
  return `# What the doctor notices\n\n| check | broken thing | found | fixed |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}
