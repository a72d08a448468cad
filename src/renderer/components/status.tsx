/** State and risk: always a word, a shape and a colour together. Risk and state never share a shape. */
import type { DeliveryState, RiskLevel } from '../../pipeline/events.ts';
import type { QueryView } from '../../console/contract.ts';

type Tone = 'high' | 'med' | 'low' | 'ok' | 'fail' | 'off' | 'accent';
type Shape = 'tick' | 'bang' | 'bars' | 'square' | 'cross' | 'ring' | 'dots';

const STATES = {
  OK: ['tick', 'ok'],
  RUNNING: ['tick', 'ok'],
  SENT: ['tick', 'ok'],
  WARN: ['bang', 'med'],
  AMBIGUOUS: ['bang', 'med'],
  HELD: ['bang', 'med'],
  STALLED: ['bars', 'high'],
  STOPPED: ['square', 'off'],
  PAUSED: ['square', 'off'],
  SUPPRESSED: ['square', 'off'],
  DISCARDED: ['square', 'off'],
  FAILED: ['cross', 'fail'],
  'DATA LOSS': ['cross', 'fail'],
  STARTING: ['ring', 'accent'],
  STOPPING: ['ring', 'accent'],
  RESTARTING: ['ring', 'accent'],
  SENDING: ['ring', 'accent'],
  WAITING: ['dots', 'off'],
} as const satisfies Record<string, readonly [Shape, Tone]>;

export type StateWord = keyof typeof STATES;

export function Status({ word, text }: { readonly word: StateWord; readonly text?: string }) {
  const [shape, tone] = STATES[word];
  return (
    <span className={`status tone-${tone}`}>
      <StateShape shape={shape} />
      <span>{text ?? word}</span>
    </span>
  );
}

/** The shape alone, for places where the word stands beside it anyway; it still has its name for a screen reader. */
export function StatusMark({ word }: { readonly word: StateWord }) {
  const [shape, tone] = STATES[word];
  return (
    <span className={`tone-${tone}`} role="img" aria-label={word} title={word}>
      <StateShape shape={shape} />
    </span>
  );
}

/** What a person should read about a query: the change under way, else the verdict. */
export function queryWord({ state, verdict }: Pick<QueryView, 'state' | 'verdict'>): StateWord {
  return state === 'STARTING' || state === 'STOPPING' || state === 'RESTARTING' ? state : verdict;
}

/** What a query failed of. That it belongs to somebody else, or did, is none. */
export const troubleOf = ({ error, runner, verdict }: QueryView): QueryView['error'] =>
  error?.code === 'FENCED' && (runner !== null || verdict === 'STOPPED') ? null : error;

export const isFailed = (query: QueryView): boolean => query.state === 'FAILED' && troubleOf(query) !== null;

const DELIVERIES: Readonly<Record<DeliveryState, StateWord>> = {
  pending: 'WAITING',
  sending: 'SENDING',
  sent: 'SENT',
  ambiguous: 'AMBIGUOUS',
  held: 'HELD',
  dead: 'FAILED',
  discarded: 'DISCARDED',
  suppressed: 'SUPPRESSED',
};

export const deliveryWord = (state: DeliveryState): StateWord => DELIVERIES[state];

/** The class that marks the one card to look at. */
export function edge(word: StateWord): string {
  if (word === 'WARN') return 'edge-warn';
  if (word === 'STALLED') return 'edge-stalled';
  if (word === 'FAILED') return 'edge-fail';
  return STATES[word][0] === 'ring' ? 'edge-accent' : '';
}

const RISKS = { HIGH: 'high', MEDIUM: 'med', LOW: 'low' } as const satisfies Record<RiskLevel, Tone>;

export function Risk({
  level,
  probability,
  digits = 2,
}: {
  readonly level: RiskLevel;
  readonly probability?: number;
  readonly digits?: 2 | 4;
}) {
  return (
    <span className={`risk tone-${RISKS[level]}`}>
      <RiskShape level={level} />
      <span>{level}</span>
      {probability !== undefined && <span>{probability.toFixed(digits)}</span>}
    </span>
  );
}

/** Level as shape and word without the tinted badge, for filters and legends. */
export function RiskWord({ level }: { readonly level: RiskLevel }) {
  return (
    <span className={`status tone-${RISKS[level]}`}>
      <RiskShape level={level} />
      <span>{level}</span>
    </span>
  );
}

export const riskColor = (level: RiskLevel): string => `var(--${RISKS[level]})`;

function RiskShape({ level }: { readonly level: RiskLevel }) {
  return (
    <svg width="10" height="10" viewBox="0 0 12 12" fill="currentColor" aria-hidden>
      {level === 'HIGH' && <path d="M6 1.4 11.2 10.6H.8z" />}
      {level === 'MEDIUM' && <path d="M6 .8 11.2 6 6 11.2.8 6z" />}
      {level === 'LOW' && <circle cx="6" cy="6" r="4.6" />}
    </svg>
  );
}

function StateShape({ shape }: { readonly shape: Shape }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" fill="currentColor" aria-hidden className={turning(shape)}>
      {SHAPES[shape]}
    </svg>
  );
}

const turning = (shape: Shape) => (shape === 'ring' ? 'turning' : undefined);
const line = { fill: 'none', strokeLinecap: 'round', strokeLinejoin: 'round' } as const;

const SHAPES = {
  tick: (
    <>
      <circle cx="6" cy="6" r="5.4" />
      <path className="glyph-on" d="m3.5 6.2 1.8 1.8 3.3-3.6" strokeWidth="1.5" {...line} />
    </>
  ),
  bang: (
    <>
      <rect x=".8" y=".8" width="10.4" height="10.4" rx="2.6" />
      <path className="glyph-on" d="M6 3.1v3.4M6 8.7v.1" strokeWidth="1.6" {...line} />
    </>
  ),
  bars: (
    <>
      <rect x="1.5" y="1" width="3.2" height="10" rx="1" />
      <rect x="7.3" y="1" width="3.2" height="10" rx="1" />
    </>
  ),
  square: (
    <rect x="1.8" y="1.8" width="8.4" height="8.4" rx="1.4" stroke="currentColor" strokeWidth="1.6" fill="none" />
  ),
  cross: (
    <>
      <path d="M3.7.7h4.6l3 3v4.6l-3 3H3.7l-3-3V3.7z" />
      <path className="glyph-on" d="m4.2 4.2 3.6 3.6M7.8 4.2 4.2 7.8" strokeWidth="1.5" {...line} />
    </>
  ),
  ring: (
    <>
      <circle cx="6" cy="6" r="4.5" stroke="currentColor" strokeOpacity=".28" strokeWidth="1.8" fill="none" />
      <path d="M6 1.5A4.5 4.5 0 0 1 10.5 6" stroke="currentColor" strokeWidth="1.8" {...line} />
    </>
  ),
  dots: <circle cx="6" cy="6" r="4.5" stroke="currentColor" strokeWidth="1.4" strokeDasharray="1.6 2" fill="none" />,
} as const satisfies Record<Shape, React.ReactNode>;
