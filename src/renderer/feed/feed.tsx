/** Every stored fraud, newest first, with the reason why. The list never moves under the pointer. */
import { Button, TextInput } from '@mantine/core';
import { Pause, Play, Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Page } from '../components/page.tsx';
import { Empty, LoadingRows } from '../components/states.tsx';
import { useHeld } from '../components/use-held.ts';
import type { FraudView } from '../../pipeline/events.ts';
import { plural, shortId } from '../format.ts';
import { isTyping } from '../keys.ts';
import { replaceRoute, useRoute } from '../route.ts';
import { usePart } from '../store.ts';
import { filterFrauds, toFilter, type FraudFilter } from './filter.ts';
import { Filters } from './filters.tsx';
import { FraudDetail } from './fraud-detail.tsx';
import { TransactionDetail } from '../trace/transaction-detail.tsx';
import { FraudList } from './fraud-list.tsx';

const keyOf = ({ transNum }: FraudView): string => transNum;

export function Feed() {
  const frauds = usePart('frauds');
  const totals = usePart('totals');
  const { rest } = useRoute();
  const [paused, setPaused] = useState(false);
  const [hovered, setHovered] = useState(false);
  const [filter, setFilter] = useState<FraudFilter>(() => toFilter(rest));
  const held = useHeld(frauds ?? [], keyOf, paused || hovered);
  usePauseKey(() => setPaused((now) => !now));
  const shown = filterFrauds(held.rows, filter);
  const chosen = rest[0] === 'one' ? (rest[1] ?? null) : null;
  // Looked up in the newest list, so that a delivery that comes meanwhile is shown.
  const detail = chosen === null ? undefined : (frauds ?? []).find((fraud) => fraud.transNum === chosen);
  const choose = (fraud: FraudView | null) =>
    fraud ? replaceRoute('feed', 'one', fraud.transNum) : replaceRoute('feed');

  return (
    <Page
      fixed
      title="Fraud feed"
      sub={
        totals && totals.frauds > 0
          ? `${plural(totals.frauds, 'prediction')} of fraud, the newest ${held.rows.length} here`
          : ''
      }
      actions={
        <>
          <TextInput
            type="search"
            w={250}
            placeholder="Merchant, card ending, id"
            aria-label="Search the feed"
            leftSection={<Search size={13} />}
            value={filter.text}
            onChange={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
          />
          <Button
            variant={paused ? 'filled' : 'default'}
            leftSection={paused ? <Play size={13} /> : <Pause size={13} />}
            rightSection={<kbd className="kbd">Space</kbd>}
            onClick={() => setPaused(!paused)}
          >
            {paused ? 'Resume' : 'Pause'}
          </Button>
        </>
      }
    >
      <div className="split">
        <Filters frauds={held.rows} filter={filter} onChange={setFilter} />
        <section className="card fill" aria-label="Frauds">
          <FeedHead paused={paused} held={held.fresh} shown={shown.length} onResume={() => setPaused(false)} />
          <div className="col grow" onMouseEnter={() => setHovered(true)} onMouseLeave={() => setHovered(false)}>
            {frauds === null && <LoadingRows rows={9} />}
            {frauds?.length === 0 && (
              <Empty title="No fraud found yet">
                <p>
                  Alert scores each new transaction; those above the cut appear here. A suspicious test transaction on
                  Overview shows the way.
                </p>
              </Empty>
            )}
            {held.rows.length > 0 && shown.length === 0 && (
              <Empty title="Nothing matches the filter">
                <Button onClick={() => setFilter(toFilter([]))}>Show all {held.rows.length}</Button>
                {isNumber(filter.text) && (
                  <Button variant="filled" onClick={() => replaceRoute('feed', 'one', filter.text.trim())}>
                    Follow transaction {shortId(filter.text.trim())}
                  </Button>
                )}
              </Empty>
            )}
            {shown.length > 0 && <FraudList frauds={shown} chosen={chosen} onChoose={choose} />}
          </div>
        </section>
        {detail && <FraudDetail fraud={detail} onClose={() => choose(null)} />}
        {chosen !== null && frauds !== null && !detail && (
          <TransactionDetail key={chosen} transNum={chosen} onClose={() => choose(null)} />
        )}
      </div>
    </Page>
  );
}

/** Any transaction can be followed by its number, not only the frauds that are listed. */
const isNumber = (text: string): boolean => /^\S{6,100}$/.test(text.trim());

interface FeedHeadProps {
  readonly paused: boolean;
  /** What came since the list stands still. */
  readonly held: readonly FraudView[];
  readonly shown: number;
  readonly onResume: () => void;
}

// The counter has its place in the head, so that it moves nothing when it appears.
function FeedHead({ paused, held, shown, onResume }: FeedHeadProps) {
  return (
    <div className="card-head">
      <h2>{paused ? 'Paused' : 'Live'}</h2>
      <span className="text ink-3 cut">{paused ? 'the list holds still, counting goes on' : `${shown} shown`}</span>
      <span className="grow" />
      <span aria-live="polite" className="row">
        {held.length > 0 && (
          <>
            <span className="text ink-3 cut">{levels(held)}</span>
            {paused ? (
              <Button size="xs" variant="filled" onClick={onResume}>
                {held.length} new
              </Button>
            ) : (
              <span className="tag tone-accent">{held.length} new</span>
            )}
          </>
        )}
      </span>
    </div>
  );
}

function levels(frauds: readonly FraudView[]): string {
  const number = (level: FraudView['level']) => frauds.filter((fraud) => fraud.level === level).length;
  return (['HIGH', 'MEDIUM', 'LOW'] as const)
    .filter((level) => number(level) > 0)
    .map((level) => `${number(level)} ${level}`)
    .join(', ');
}

function usePauseKey(toggle: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const onControl = event.target instanceof HTMLElement && event.target.closest('button, a, input') !== null;
      if (event.key !== ' ' || isTyping(event.target) || onControl) return;
      event.preventDefault();
      toggle();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
}
