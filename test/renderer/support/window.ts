/** The built page in Debian's Chromium, behind the same content security policy as in the app, with a scripted bridge. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import type {
  CaptureView,
  DoctorReport,
  ErrorView,
  FixResult,
  HandOverPlan,
  LogEntry,
  ServiceLog,
  Snapshot,
  TakeOverPlan,
} from '../../../src/console/contract.ts';
import type { ClearPreview, LossView } from '../../../src/pipeline/events.ts';
import type { ScoreExplanation } from '../../../src/pipeline/events.ts';
import type { TransactionTrace } from '../../../src/pipeline/trace/view.ts';
import { CONTENT_SECURITY_POLICY } from '../../../src/main/csp.ts';
import { NOW, type DeadLetterScript } from './story.ts';

const built = path.join(import.meta.dirname, '../../../dist/renderer');
const CHROMIUM = '/usr/bin/chromium';

/** What the scripted console answers. `snapshot` null: it never does. */
export interface Script {
  readonly snapshot: Snapshot | null;
  readonly logs?: readonly LogEntry[];
  readonly preview?: ClearPreview | ErrorView;
  readonly deadLetters?: DeadLetterScript | ErrorView;
  readonly loss?: LossView;
  /** What taking over from Spark would do, and how it is handed over; unset: never answered. */
  readonly takeOver?: TakeOverPlan | ErrorView;
  readonly handOver?: HandOverPlan;
  /** What is known of any transaction; unset: never answered. */
  readonly trace?: TransactionTrace;
  /** What is seen of connector and slot, what the doctor says, what a fix does, what a container has written; unset: never answered. */
  readonly capture?: CaptureView | ErrorView;
  readonly doctor?: DoctorReport;
  readonly fixed?: FixResult;
  readonly serviceLog?: ServiceLog;
  readonly explanation?: ScoreExplanation;
  /** Refuses every command except the reading ones. */
  readonly refusal?: ErrorView;
  /** There is no console at all. */
  readonly noConsole?: ErrorView;
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly hash?: string;
}

/** A command that the window has sent. */
export interface Call {
  readonly command: string;
  readonly args: unknown;
}

export interface TestWindow {
  readonly page: Page;
  calls(): Promise<readonly Call[]>;
  /** Tells the window something, as the console would. */
  tell(event: unknown): Promise<void>;
  /** Shows another place of the same window. */
  goTo(hash: string): Promise<void>;
  /** Waits until what moves has come to rest and two frames are drawn. */
  settle(): Promise<void>;
  /** Faults of the page so far: errors, and breaches of the content security policy. */
  faults(): readonly string[];
  close(): Promise<void>;
}

export interface Stage {
  open(script: Script, look?: Look): Promise<TestWindow>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  if (!existsSync(path.join(built, 'index.html'))) throw new Error('dist/renderer is not built: run npm run build');
  const server = await serve();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  const { port } = server.address() as AddressInfo;
  return {
    open: (script, look = {}) => open(browser, `http://127.0.0.1:${port}/index.html`, script, look),
    close: async () => {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
};

async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const file = path.join(built, new URL(request.url ?? '/', 'http://localhost').pathname);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CONTENT_SECURITY_POLICY,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function open(browser: Browser, url: string, script: Script, look: Look): Promise<TestWindow> {
  const { width = 1280, height = 800, scheme = 'dark', hash = '' } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    timezoneId: 'Europe/Berlin',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // The browser asks for an icon by itself; the page has none.
    if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico')) faults.push(message.text());
  });
  await page.clock.setFixedTime(NOW);
  await page.addInitScript(installBridge, script);
  await page.goto(`${url}${hash}`);
  await page.evaluate(() => document.fonts.ready);
  return {
    page,
    calls: () => page.evaluate(() => (window as unknown as { calls: Call[] }).calls),
    tell: (event) =>
      page.evaluate((told) => (window as unknown as { tell: (event: unknown) => void }).tell(told), event),
    goTo: async (to) => {
      await page.evaluate((hash) => void (location.hash = hash), to);
    },
    settle: () => page.evaluate(waitForRest),
    faults: () => faults,
    close: () => context.close(),
  };
}

/** Runs inside the page. Rings turn for ever, so only animations that end are waited for. */
async function waitForRest(): Promise<void> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  await frame();
  const ends = (each: Animation) => each.effect?.getComputedTiming().iterations !== Infinity;
  await Promise.all(
    document
      .getAnimations()
      .filter(ends)
      .map((each) => each.finished.catch(() => undefined)),
  );
  await frame();
}

/** Runs inside the page, so it may use nothing from outside. */
function installBridge(script: Script): void {
  const calls: Call[] = [];
  const listeners = new Set<(event: unknown) => void>();
  const ok = (value: unknown) => Promise.resolve({ ok: true, value });
  const no = (error: unknown) => Promise.resolve({ ok: false, error });
  const answerLetters = (command: string, args: { reason?: string; id?: string; ids?: string[]; column?: string }) => {
    const told = script.deadLetters;
    if (!told) return new Promise(() => undefined);
    if ('code' in told) return no(told);
    const { letters, notes, bytes, dryRun } = told;
    const ofReason = letters.filter(({ code }) => args.reason === undefined || code === args.reason);
    const ofColumn = notes.filter(({ column }) => args.column === undefined || column === args.column);
    if (command === 'deadLetters.list') return ok({ rows: ofReason, total: ofReason.length });
    if (command === 'deadLetters.notes') return ok({ rows: ofColumn, total: ofColumn.length });
    if (command === 'deadLetters.show') {
      const letter = letters.find(({ id }) => id === args.id) ?? bytes.letter;
      return ok({ ...bytes, letter, faultAt: letter.code === 'NOT_JSON' ? bytes.faultAt : null });
    }
    if (command === 'deadLetters.dryRun') return ok(dryRun);
    if (script.refusal) return no(script.refusal);
    if (command === 'deadLetters.replay') return ok({ ...dryRun, deltaVersions: [436] });
    return ok({
      file: '/home/ada/.local/share/sluice/exports/letters',
      letters: letters.length,
      total: 12,
      bytes: 1_196,
    });
  };
  const answer = (command: string, args: object) => {
    if (script.noConsole) return no(script.noConsole);
    if (command === 'snapshot') return script.snapshot ? ok(script.snapshot) : new Promise(() => undefined);
    if (command === 'logs.read')
      return script.snapshot ? ok({ lines: script.logs ?? [], last: 0 }) : new Promise(() => undefined);
    if (command === 'transaction.explain')
      return script.explanation ? ok(script.explanation) : new Promise(() => undefined);
    if (command === 'transaction.trace') return script.trace ? ok(script.trace) : new Promise(() => undefined);
    if (command === 'connector.view') {
      if (!script.capture) return new Promise(() => undefined);
      return 'code' in script.capture ? no(script.capture) : ok(script.capture);
    }
    if (command === 'doctor.run') return script.doctor ? ok(script.doctor) : new Promise(() => undefined);
    if (command === 'stack.logs') return script.serviceLog ? ok(script.serviceLog) : new Promise(() => undefined);
    if (command === 'takeOver.plan') {
      if (!script.takeOver) return new Promise(() => undefined);
      return 'code' in script.takeOver ? no(script.takeOver) : ok(script.takeOver);
    }
    if (command === 'handOver.plan') return script.handOver ? ok(script.handOver) : new Promise(() => undefined);
    if (command.startsWith('deadLetters.')) return answerLetters(command, args);
    if (script.refusal) return no(script.refusal);
    if (command === 'checkpoint.preview')
      return script.preview && 'code' in script.preview ? no(script.preview) : ok(script.preview);
    if (command === 'checkpoint.clear') return ok({ trash: 'checkpoints/_trash/2026-11-22T14-33-10Z-bronze/' });
    if (command === 'loss.preview') return ok(script.loss ?? null);
    if (command === 'doctor.fix') return ok(script.fixed ?? null);
    return ok(null);
  };
  Object.assign(window, {
    calls,
    tell: (event: unknown) => listeners.forEach((listener) => listener(event)),
    sluice: {
      call: (command: string, args: unknown) => {
        calls.push({ command, args });
        return answer(command, args as object);
      },
      subscribe: (listener: (event: unknown) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
}
