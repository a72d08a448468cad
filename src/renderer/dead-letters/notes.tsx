/** Coercion notes: rows that were written as Spark writes them, with a value bent. Shown and counted, never replayed. */
import { Select } from '@mantine/core';
import { useState } from 'react';
import type { NoteView, QuarantineView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { Empty, Failure, LoadingRows } from '../components/states.tsx';
import { Table, type Column } from '../components/table.tsx';
import { count, moment, plural, type Zone } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { useAnswer } from '../components/use-answer.ts';
import { placeOf } from './words.ts';

const MOST_ROWS = 200;

export function Notes({ quarantine }: { readonly quarantine: QuarantineView }) {
  const [column, setColumn] = useState<string | null>(null);
  const zone = useZone();
  const now = useNow();
  const total = quarantine.notes.reduce((sum, { notes }) => sum + notes, 0);
  const stamp = `${total} ${quarantine.files}`;
  const { value: page, failure } = useAnswer(
    'deadLetters.notes',
    { limit: MOST_ROWS, ...(column && { column }) },
    stamp,
  );
  if (total === 0) {
    return (
      <section className="card fill">
        <Empty title="No value was bent">
          <p>
            A text in a number column becomes null, and 28654.9 becomes 28654, exactly as Spark writes it. The row is
            written, and what was lost is noted here.
          </p>
        </Empty>
      </section>
    );
  }
  return (
    <section className="card fill" aria-label="Coercion notes">
      <div className="card-head">
        <h2>{plural(total, 'note')}</h2>
        <span className="text ink-3 cut">
          Their rows are in the table, as Spark writes them; nothing is to be replayed.
        </span>
        <span className="grow" />
        <Select
          w={190}
          clearable
          placeholder="Every column"
          aria-label="Column"
          value={column}
          onChange={setColumn}
          data={quarantine.notes.map(({ column: value, notes }) => ({ value, label: `${value} (${count(notes)})` }))}
        />
      </div>
      {failure && (
        <div className="section">
          <Failure error={failure} />
        </div>
      )}
      {!failure && !page && <LoadingRows rows={6} />}
      {page && (
        <>
          <Table
            label="Coercion notes, newest batch first"
            columns={columns(zone, now)}
            rows={page.rows}
            rowKey={(note) => `${note.partition}/${note.offset}/${note.column}`}
          />
          {page.total > page.rows.length && (
            <p className="letter-more ink-3">
              The newest {count(page.rows.length)} of {count(page.total)} are shown.
            </p>
          )}
        </>
      )}
    </section>
  );
}

const columns = (zone: Zone, now: number): readonly Column<NoteView>[] => [
  { title: 'Record', width: 132, cell: (note) => <span className="mono">{placeOf(note)}</span> },
  { title: 'Column', width: 190, cell: ({ column }) => <span className="mono">{column}</span> },
  {
    title: 'As it stood in the message',
    cell: ({ raw }) => (
      <b className="mono" title={raw}>
        {raw === '' ? '(empty)' : raw}
      </b>
    ),
  },
  {
    title: 'Batch',
    width: 90,
    numeric: true,
    cell: ({ batchId }) => (
      <a className="link" href={link('queries', 'bronze', batchId)}>
        {count(batchId)}
      </a>
    ),
  },
  { title: 'Record time', width: 140, numeric: true, cell: ({ at }) => moment(at, now, zone) },
];
