/** What a dry run found, or a replay did, record by record. */
import { useEffect, useRef } from 'react';
import type { CommandArgs } from '../../console/contract.ts';
import type { ReplayRow, ReplayView } from '../../pipeline/events.ts';
import { Status } from '../components/status.tsx';
import { Table, type Column } from '../components/table.tsx';
import { clock, count, plural } from '../format.ts';
import { useZone } from '../preferences.ts';
import { alertOf, placeOf, replaySentence, verdictOf, type Verdict } from './words.ts';

export interface ReplayRun {
  readonly view: ReplayView;
  readonly chosen: CommandArgs<'deadLetters.dryRun'>;
  readonly done: boolean;
}

export function ReplayCard({ run: { view, done } }: { readonly run: ReplayRun }) {
  const zone = useZone();
  const { records, rows, pass, at } = view;
  const more = records - rows.length;
  const card = useRef<HTMLElement>(null);
  // It stands below the bytes, and is what was asked for just now.
  useEffect(() => {
    card.current?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <section ref={card} className="boxed letter-run" aria-label={done ? 'Replay' : 'Dry run'}>
      <div className="card-head letter-run-head">
        <h2>
          {done ? 'Replay' : 'Dry run'} of {plural(records, 'record')}
        </h2>
        <span className="text ink-3 cut">
          {done ? `made ${clock(at, zone)}: ${replaySentence(view)}` : `made ${clock(at, zone)}, nothing was written`}
        </span>
        <span className="grow" />
        <Status word={pass > 0 ? 'OK' : 'STOPPED'} text={passText(pass, done)} />
      </div>
      <Table label="What becomes of each record" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} rowHeight={28} />
      {more > 0 && <p className="letter-more ink-3">and {plural(more, 'record')} more, counted above</p>}
    </section>
  );
}

function passText(pass: number, done: boolean): string {
  if (pass === 0) return done ? 'none was new' : 'none would pass';
  return done ? `${count(pass)} passed` : `${count(pass)} would pass`;
}

const TONES: Readonly<Record<Verdict['tone'], string>> = {
  good: 'ink-1',
  high: 'tone-high strong',
  plain: 'ink-3',
  bad: 'tone-med',
};

function Cell({ verdict }: { readonly verdict: Verdict }) {
  return (
    <span className={TONES[verdict.tone]} title={verdict.text}>
      {verdict.text}
    </span>
  );
}

const COLUMNS: readonly Column<ReplayRow>[] = [
  { title: 'Record', width: 104, cell: (row) => <span className="mono">{placeOf(row)}</span> },
  { title: 'Amount', width: 86, numeric: true, cell: ({ bronze }) => amountOf(bronze) },
  { title: 'Bronze', cell: ({ bronze }) => <Cell verdict={verdictOf(bronze)} /> },
  { title: 'Alert', cell: ({ alert }) => <Cell verdict={verdictOf(alert)} /> },
  { title: 'Slack', width: 104, cell: ({ alert }) => alertOf(alert) },
];

const amountOf = (becomes: ReplayRow['bronze']): string =>
  becomes?.kind === 'row' && becomes.amount !== null ? becomes.amount.toFixed(2) : '–';
