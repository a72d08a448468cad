/** The line to Slack as one sender sees it: its pace, the silence that was asked for, and whether it is cut for good. */
import { toErrorView, type ErrorView } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';
import { advance, spend, startPace, waitFor, type Pace } from './pace.ts';
import { pausedError } from './sender-errors.ts';

/** Times are ms since 1970, waits ms. */
export interface SlackLine {
  /** Begins with what an earlier run left: when it sent, and until when Slack wants silence. */
  open(earlier: readonly number[], holdUntil: number): void;
  /** Another sender may have used the line: it is to be opened again. */
  close(): void;
  isOpen(): boolean;
  /** How long the next message must wait, as far as it is worth waiting before looking again. */
  wait(): number;
  /** How long by the pace alone. */
  waitForPace(): number;
  /** Whether Slack asked for more silence than a person would wait for. */
  isSilent(): boolean;
  /** Notes a message as written. */
  spend(): void;
  hold(until: number): void;
  /** Holds the line longer after each failure in a row, and answers until when. */
  holdLonger(): number;
  works(): void;
  /** Slack refuses for good: a person has to repair it. */
  cut(reason: string): void;
  isCut(): boolean;
  /** It takes messages again, or is to be tried again. */
  mend(): void;
}

interface LineParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Called when it is cut, and with null when it is mended. */
  onPaused(error: ErrorView | null): void;
}

const FIRST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 60_000;

export function makeSlackLine({ clock, log, onPaused }: LineParts): SlackLine {
  let pace: Pace | null = null;
  let holdUntil = 0;
  let failures = 0;
  let isCut = false;
  const paceNow = (): Pace => (pace = advance(pace ?? startPace(clock.now(), []), clock.now()));
  const silence = (): number => holdUntil - clock.now();
  const hold = (until: number): void => void (holdUntil = Math.max(holdUntil, until));
  return {
    open: (earlier, until) => {
      pace = startPace(clock.now(), earlier);
      holdUntil = until;
    },
    close: () => void (pace = null),
    isOpen: () => pace !== null,
    wait: () => Math.max(waitFor(paceNow()), Math.min(silence(), LONGEST_HOLD_MS)),
    waitForPace: () => waitFor(paceNow()),
    isSilent: () => silence() > LONGEST_HOLD_MS,
    spend: () => void (pace = spend(paceNow())),
    hold,
    holdLonger: () => {
      hold(clock.now() + Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** failures++));
      return holdUntil;
    },
    works: () => void (failures = 0),
    cut: (reason) => {
      const view = toErrorView(pausedError(reason));
      if (!isCut) log('error', `${view.code}: ${view.message}. ${view.action}`);
      isCut = true;
      onPaused(view);
    },
    isCut: () => isCut,
    mend: () => {
      if (!isCut) return;
      isCut = false;
      log('info', 'Alerts flow again');
      onPaused(null);
    },
  };
}

/** Each further try of one alert waits twice as long: what may arrive twice should not arrive ten times. */
export function backoff(attempts: number): number {
  return Math.min(10 * LONGEST_HOLD_MS, 5 * FIRST_HOLD_MS * 2 ** (attempts - 1));
}
