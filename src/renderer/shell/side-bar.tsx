import {
  Activity,
  Bookmark,
  ChartNoAxesColumn,
  Flag,
  Layers,
  MailX,
  Play,
  Send,
  TextAlignStart,
  type LucideIcon,
} from 'lucide-react';
import { Status, StatusMark, queryWord } from '../components/status.tsx';
import { TITLES } from '../components/query-actions.tsx';
import { count, longSpan } from '../format.ts';
import { link, type ScreenName } from '../route.ts';
import { usePart } from '../store.ts';

const MENU: readonly (readonly [string, readonly (readonly [ScreenName, string, LucideIcon])[]])[] = [
  [
    'Watch',
    [
      ['overview', 'Overview', Activity],
      ['feed', 'Fraud feed', Flag],
    ],
  ],
  [
    'Streams',
    [
      ['queries', 'Queries', Play],
      ['checkpoints', 'Checkpoints', Bookmark],
      ['lag', 'Lag', ChartNoAxesColumn],
      ['dead-letters', 'Dead letters', MailX],
    ],
  ],
  [
    'Alerts and system',
    [
      ['deliveries', 'Deliveries', Send],
      ['stack', 'Stack', Layers],
      ['logs', 'Logs', TextAlignStart],
    ],
  ],
];

export function SideBar({ screen }: { readonly screen: ScreenName }) {
  return (
    <nav className="side-bar" aria-label="Screens">
      {MENU.map(([group, entries]) => (
        <div key={group}>
          <div className="nav-group">{group}</div>
          {entries.map(([name, title, Icon]) => (
            <a
              key={name}
              href={link(name)}
              className="nav-link"
              title={title}
              aria-current={name === screen ? 'page' : undefined}
            >
              <Icon size={16} strokeWidth={1.5} />
              <span>{title}</span>
              <NavCount name={name} />
            </a>
          ))}
        </div>
      ))}
      <div className="side-verdicts">
        <SideVerdict name="bronze" />
        <SideVerdict name="alert" />
      </div>
    </nav>
  );
}

/** Only numbers that ask for a look: frauds of the last hour, records that wait, messages that could not be delivered. */
function NavCount({ name }: { readonly name: ScreenName }) {
  const totals = usePart('totals');
  const quarantine = usePart('quarantine');
  const counts: Partial<Record<ScreenName, readonly [number, string]>> = {
    ...(totals && {
      feed: [totals.byLevel.HIGH.hour + totals.byLevel.MEDIUM.hour + totals.byLevel.LOW.hour, 'in the last hour'],
      deliveries: [totals.deliveries.dead + totals.deliveries.ambiguous, 'not surely delivered'],
    }),
    ...(quarantine && { 'dead-letters': [quarantine.waiting, 'not replayed'] }),
  };
  const [number, meaning] = counts[name] ?? [0, ''];
  if (number === 0) return null;
  return (
    <span className="nav-count" title={meaning}>
      {count(number)}
    </span>
  );
}

function SideVerdict({ name }: { readonly name: 'bronze' | 'alert' }) {
  const query = usePart('queries')?.[name];
  const lag = usePart('lag')?.[name];
  const stackUp = usePart('console')?.stack === 'UP';
  const starting = usePart('console')?.stack === 'STARTING';
  const word = query && !starting ? queryWord(query) : 'WAITING';
  const behind = lag
    ? `${count(lag.total)} behind${lag.oldestMs === null ? '' : ` · ${longSpan(lag.oldestMs)}`}`
    : stackUp
      ? 'nothing read yet'
      : 'after the stack';
  return (
    <a href={link('queries', name)} className="row" title={query?.headline}>
      <span className="col grow side-verdict-words">
        <span className="text" style={{ fontWeight: 500 }}>
          {TITLES[name]}
        </span>
        <span className="small ink-3 cut">{behind}</span>
      </span>
      <span className="side-verdict-words">
        <Status word={word} />
      </span>
      <span className="side-verdict-mark">
        <StatusMark word={word} />
      </span>
    </a>
  );
}
