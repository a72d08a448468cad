/** The letters by reason. Each group asks for its own rows when it is open. */
import { Checkbox } from '@mantine/core';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { DeadLetterCode, DeadLetterView, QuarantineView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { LoadingRows, sentence } from '../components/states.tsx';
import { count, moment } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { useAnswer } from '../components/use-answer.ts';
import { finders, isReplayed, placeOf, reasonTitle, shortReason } from './words.ts';

/** Groups are open by themselves as long as they are short together. */
const OPEN_UNTIL = 200;
const FIRST_ROWS = 50;
const MOST_ROWS = 200;

interface LetterGroupsProps {
  readonly quarantine: QuarantineView;
  readonly chosen: string | null;
  readonly ticked: ReadonlySet<string>;
  readonly onTick: (ticked: ReadonlySet<string>) => void;
}

export function LetterGroups({ quarantine, chosen, ticked, onTick }: LetterGroupsProps) {
  const [toggled, setToggled] = useState<ReadonlySet<DeadLetterCode>>(new Set());
  const openByItself = quarantine.records <= OPEN_UNTIL;
  return (
    <div className="letter-groups">
      {quarantine.reasons.map(({ code, records, waiting }, index) => {
        const open = (openByItself || index === 0) !== toggled.has(code);
        return (
          <section key={code} aria-label={reasonTitle(code)}>
            <button
              type="button"
              className="letter-group"
              aria-expanded={open}
              onClick={() => setToggled(flip(toggled, code))}
            >
              {open ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
              <b>{reasonTitle(code)}</b>
              <span className="mono ink-3">{code}</span>
              <span className="grow" />
              {waiting < records && <span className="ink-3">{count(records - waiting)} replayed</span>}
              <b className="num">{count(records)}</b>
            </button>
            {open && (
              <Group
                code={code}
                stamp={`${records} ${waiting}`}
                chosen={chosen}
                ticked={ticked}
                onTick={(id) => onTick(flip(ticked, id))}
              />
            )}
          </section>
        );
      })}
    </div>
  );
}

interface GroupProps {
  readonly code: DeadLetterCode;
  readonly stamp: string;
  readonly chosen: string | null;
  readonly ticked: ReadonlySet<string>;
  readonly onTick: (id: string) => void;
}

function Group({ code, stamp, chosen, ticked, onTick }: GroupProps) {
  const [limit, setLimit] = useState(FIRST_ROWS);
  const { value: page, failure } = useAnswer('deadLetters.list', { reason: code, limit }, stamp);
  if (failure)
    return (
      <p className="letter-more tone-fail" role="alert">
        {failure.code}: {sentence(failure.seen)} {sentence(failure.action)}
      </p>
    );
  if (!page) return <LoadingRows rows={2} />;
  const more = page.total - page.rows.length;
  return (
    <>
      <ul>
        {page.rows.map((letter) => (
          <Row
            key={letter.id}
            letter={letter}
            chosen={letter.id === chosen}
            ticked={ticked.has(letter.id)}
            full={ticked.size >= MOST_ROWS}
            onTick={() => onTick(letter.id)}
          />
        ))}
      </ul>
      {more > 0 && limit < MOST_ROWS && (
        <button type="button" className="link letter-more" onClick={() => setLimit(MOST_ROWS)}>
          Show {count(Math.min(more, MOST_ROWS - limit))} more
        </button>
      )}
      {more > 0 && limit >= MOST_ROWS && (
        <p className="letter-more ink-3">The newest {MOST_ROWS} are shown. An export has the others too.</p>
      )}
    </>
  );
}

interface RowProps {
  readonly letter: DeadLetterView;
  readonly chosen: boolean;
  readonly ticked: boolean;
  readonly full: boolean;
  readonly onTick: () => void;
}

function Row({ letter, chosen, ticked, full, onTick }: RowProps) {
  const zone = useZone();
  const now = useNow();
  const place = placeOf(letter);
  return (
    <li className="letter-row" aria-current={chosen}>
      <Checkbox
        checked={ticked}
        disabled={!ticked && full}
        onChange={onTick}
        aria-label={`Tick ${place}`}
        title={full && !ticked ? `${MOST_ROWS} records at once are enough` : undefined}
      />
      <a href={chosen ? link('dead-letters') : link('dead-letters', letter.id)} className="letter-link">
        <span className="mono ink-1">{place}</span>
        <span className="cut" title={letter.reason}>
          {shortReason(letter)}
        </span>
        <span className="ink-3">{isReplayed(letter) ? 'replayed' : finders(letter)}</span>
        <span className="ink-3 num">{moment(letter.at, now, zone)}</span>
      </a>
    </li>
  );
}

function flip<T>(set: ReadonlySet<T>, each: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(each)) next.add(each);
  return next;
}
