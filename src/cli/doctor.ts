/** `sluice doctor`: asks the console that runs, or looks alone at what can be seen without one. */
import {
  composeFileOf,
  connectConsole,
  examineAlone,
  resolveHome,
  treatAlone,
  type AloneOptions,
} from '../console/console.ts';
import { wantsFixing, type CheckId, type CheckView, type DoctorReport, type FixResult } from '../console/contract.ts';
import { duration } from '../console/words.ts';
import type { Installation } from './installation.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface DoctorAsked {
  readonly fix: CheckId | null;
  readonly json: boolean;
}

interface Doctor {
  run(): Promise<DoctorReport>;
  fix(id: CheckId, will: readonly string[]): Promise<FixResult>;
  close(): void;
}

export async function doctor(
  terminal: Terminal,
  installation: Installation,
  { fix, json }: DoctorAsked,
): Promise<number> {
  const opened = await openDoctor(terminal, installation);
  try {
    const report = await opened.run();
    if (fix !== null) return await repair(terminal, opened, report, fix, json);
    if (json) terminal.out(JSON.stringify(report));
    else reportLines(report).forEach(terminal.out);
    return report.checks.some(wantsFixing) ? EXIT.queryFailed : EXIT.well;
  } finally {
    opened.close();
  }
}

async function openDoctor(terminal: Terminal, { migrationsFolder, appRoot }: Installation): Promise<Doctor> {
  const home = resolveHome(terminal.env);
  const running = await connectConsole(home);
  if (running) {
    return {
      run: () => running.call('doctor.run', {}),
      fix: (id, will) => running.call('doctor.fix', { id, will: [...will] }),
      close: running.close,
    };
  }
  terminal.err(`No console runs on ${home}: looking at what can be seen without one.`);
  const options: AloneOptions = {
    home,
    env: terminal.env,
    cwd: terminal.cwd,
    migrationsFolder,
    composeFile: composeFileOf(terminal.env, terminal.cwd, appRoot),
  };
  return { run: () => examineAlone(options), fix: (id, will) => treatAlone(options, id, will), close: () => undefined };
}

/** Says what it will run, runs it, and says how the check is now. */
async function repair(
  terminal: Terminal,
  opened: Doctor,
  { checks }: DoctorReport,
  id: CheckId,
  json: boolean,
): Promise<number> {
  const found = checks.find((each) => each.id === id);
  const action = found?.fix?.action ?? null;
  if (!found || !wantsFixing(found) || !action) {
    if (json) terminal.out(JSON.stringify({ did: [], check: found ?? null }));
    else if (found) checkLines(found).forEach(terminal.out);
    terminal.err(
      found && wantsFixing(found) ? 'Sluice cannot do this itself; see above.' : 'There is nothing to repair.',
    );
    return found && wantsFixing(found) ? EXIT.queryFailed : EXIT.well;
  }
  for (const line of action.will) terminal.err(`Running: ${line}`);
  const result = await opened.fix(id, action.will);
  if (json) terminal.out(JSON.stringify(result));
  else checkLines(result.check).forEach(terminal.out);
  return wantsFixing(result.check) ? EXIT.queryFailed : EXIT.well;
}

/** What wants fixing with all that is known about it, the others with one line each. */
export function reportLines({ checks, tookMs, profile }: DoctorReport): string[] {
  const toFix = checks.filter(wantsFixing).length;
  const skipped = checks.filter(({ state }) => state === 'skipped').length;
  const summary = `${checks.length - skipped} checks of the ${profile} stack in ${duration(tookMs)}, ${toFix === 0 ? 'nothing to fix' : `${toFix} to fix`}, ${skipped} do not apply here.`;
  const shown = checks.filter((check) => check.state !== 'skipped' || isBlocked(check));
  return [...shown.flatMap(checkLines), summary];
}

/** Skipped because something before it is wrong, which a person wants to know. */
const isBlocked = ({ seen }: CheckView): boolean => seen.startsWith('it needs');

export function checkLines(check: CheckView): string[] {
  const { id, state, title, seen, looked, expected, fix } = check;
  const line = `${state.padEnd(7)}  ${title}: ${seen}`;
  if (!wantsFixing(check)) return [line];
  return [
    line,
    `         looked at  ${looked}`,
    `         expected   ${expected}`,
    ...(fix ? [`         do         ${fix.text}`] : []),
    ...(fix?.command ? [`         by hand    ${fix.command}`] : []),
    ...(fix?.action ? [`         or         sluice doctor --fix ${id}   (${fix.action.will.join('; ')})`] : []),
  ];
}
