/** A fraud API and a Slack on loopback that answer as a script says, and remember what they accepted. */
import { predict, reply, startServer, type Answer, type TestServer } from '../../pipeline/alert/support.ts';
import { REFUSED_CENTS } from './workload.ts';

/** What one request meets. `drop` breaks the connection, `hang` never answers, a number is a status. */
export type Fate = 'ok' | 'drop' | 'hang' | { readonly status: number; readonly retryAfter?: number };

export interface ScriptedApi {
  readonly url: string;
  /** Rows scored with 200. */
  scored(): number;
  close(): Promise<void>;
}

/** The API refuses rows by their amount, fails with 500 when `fails` says so, and else does what `fate` says of the nth request. */
export async function startScriptedApi(
  fate: (index: number, rows: number) => Fate,
  fails: (transNums: readonly string[]) => boolean = () => false,
): Promise<ScriptedApi> {
  let scored = 0;
  const answer: Answer = ({ path, body, index }, response, socket) => {
    const parsed = JSON.parse(body) as Asked | Asked[];
    const asked = Array.isArray(parsed) ? parsed : [parsed];
    const met = fate(index, asked.length);
    if (met === 'drop') return void socket.socket.destroy();
    if (met === 'hang') return;
    if (met !== 'ok') return refuse(response, met);
    if (fails(asked.map(({ trans_num }) => trans_num))) return refuse(response, { status: 500 });
    if (asked.some(isRefused)) return reply(response, 422, { detail: [{ loc: ['body', 'amt'] }] });
    scored += asked.length;
    const predictions = asked.map((each) => predict(each));
    reply(response, 200, path === '/predict/raw' ? predictions[0] : { predictions, summary: {} });
  };
  const server = await startServer(answer);
  return { url: server.url, scored: () => scored, close: () => closeNow(server) };
}

interface Asked {
  readonly trans_num: string;
  readonly amt: number;
}

const isRefused = ({ amt }: Asked): boolean => Math.abs((amt % 1) - REFUSED_CENTS) < 1e-6;

export interface Accepted {
  readonly transNums: readonly string[];
  readonly body: string;
  /** ms since 1970. */
  readonly at: number;
  /** True when the sender cannot have heard that it was accepted. */
  readonly unheard: boolean;
}

export interface ScriptedSlack {
  readonly url: string;
  readonly accepted: readonly Accepted[];
  /** Times of all requests, ms since 1970. */
  readonly requests: readonly number[];
  close(): Promise<void>;
}

/** `lost`: the message is accepted, and the answer never comes back. */
export async function startScriptedSlack(fate: (index: number) => Fate | 'lost'): Promise<ScriptedSlack> {
  const accepted: Accepted[] = [];
  const requests: number[] = [];
  const server = await startServer(({ body, index }, response, socket) => {
    requests.push(Date.now());
    const met = fate(index);
    if (met === 'drop') return void socket.socket.destroy();
    if (met === 'hang') return;
    if (typeof met === 'object') return refuse(response, met);
    accepted.push({ transNums: toldOf(body), body, at: Date.now(), unheard: met === 'lost' });
    if (met === 'lost') return void socket.socket.destroy();
    reply(response, 200, 'ok');
  });
  return { url: `${server.url}/services/T0/B0/scripted`, accepted, requests, close: () => closeNow(server) };
}

/** The transactions that a message names. */
function toldOf(body: string): string[] {
  return [...body.matchAll(/Transaction ([\w-]+)/g)].map((match) => match[1] ?? '');
}

function refuse(response: Parameters<Answer>[1], { status, retryAfter }: Exclude<Fate, string>): void {
  reply(response, status, 'refused', retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) });
}

function closeNow(server: TestServer): Promise<void> {
  return server.close();
}
