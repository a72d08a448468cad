/** One letter: why it gave no row, who found it, and its bytes as hex and as text. Only masked text ever comes here. */
import { Button, SegmentedControl, Tooltip } from '@mantine/core';
import { Download } from 'lucide-react';
import { useState } from 'react';
import type { DeadLetterView, LetterBytesView } from '../../pipeline/events.ts';
import { ask, CommandError } from '../bridge.ts';
import { Failure, LoadingRows } from '../components/states.tsx';
import { toast, toastError } from '../components/toast.ts';
import { TITLES } from '../components/query-actions.tsx';
import { bytes, count, fullMoment } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { useStore } from '../store.ts';
import { Bytes } from './bytes.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { placeOf, reasonMeaning, reasonTitle } from './words.ts';

/** Bytes of one look; the next ones are asked for. */
const WINDOW = 4_096;

export function LetterDetail({ id, stamp }: { readonly id: string; readonly stamp: string }) {
  const [from, setFrom] = useState<number | null>(null);
  const [form, setForm] = useState<'hex' | 'text'>('hex');
  const { value: shown, failure } = useAnswer('deadLetters.show', { id, from }, stamp);
  if (failure)
    return (
      <div className="section">
        <Failure error={failure} />
      </div>
    );
  if (!shown) return <LoadingRows rows={7} />;
  const { letter } = shown;
  return (
    <article aria-label={placeOf(letter)}>
      <div className="card-head">
        <h2 className="mono">{placeOf(letter)}</h2>
        <span className="tag mono">{letter.code}</span>
        <span className="grow" />
        <SaveButton letter={letter} />
        <Button size="xs" component="a" href={link('lag')}>
          Show in Lag
        </Button>
      </div>
      <div className="letter-why">
        <p className="error-title">{reasonTitle(letter.code)}</p>
        <p className="text ink-2">{reasonMeaning(letter.code)}</p>
      </div>
      <Facts shown={shown} />
      <div className="letter-forms">
        <SegmentedControl
          value={form}
          onChange={(value) => setForm(value === 'text' ? 'text' : 'hex')}
          data={[
            { value: 'hex', label: 'Hex and text' },
            { value: 'text', label: 'Text' },
          ]}
          aria-label="How the bytes are shown"
        />
        <span className="grow" />
        <span className="text ink-3">{rangeText(shown)}</span>
      </div>
      <Bytes shown={shown} form={form} />
      <Turn shown={shown} onTurn={setFrom} />
    </article>
  );
}

function Facts({ shown: { letter, key } }: { readonly shown: LetterBytesView }) {
  const zone = useZone();
  return (
    <dl className="facts letter-facts">
      <dt>Found by</dt>
      <dd>
        {letter.found.map(({ query, batchId }, index) => (
          <span key={query}>
            {index > 0 && ', '}
            {TITLES[query]} batch{' '}
            <a className="link" href={link('queries', query, batchId)}>
              {count(batchId)}
            </a>
          </span>
        ))}
      </dd>
      <dt>Reason</dt>
      <dd>{letter.reason}</dd>
      <dt>Record time</dt>
      <dd>{fullMoment(letter.at, zone)}</dd>
      <dt>Size</dt>
      <dd>{letter.size === null ? 'no value' : `${bytes(letter.size)}, kept whole`}</dd>
      <dt>Key</dt>
      <dd className="mono cut" title={key ?? undefined}>
        {key ?? 'none'}
      </dd>
      <dt>Replayed</dt>
      <dd>{replayText(letter)}</dd>
    </dl>
  );
}

function replayText({ found }: DeadLetterView): string {
  const done = found.filter(({ replayed }) => replayed !== null);
  if (done.length === 0) return 'no, it is in no version of the table';
  return done
    .map(({ query, replayed }) => {
      const version = replayed?.deltaVersion ?? null;
      return version === null ? `in ${TITLES[query]}` : `in ${TITLES[query]}, Delta version ${count(version)}`;
    })
    .join('; ');
}

function rangeText({ letter, from, rows, masked }: LetterBytesView): string {
  const shown = rows.reduce((sum, { hex }) => sum + hex.length, 0);
  const size = letter.size ?? 0;
  const part =
    shown >= size ? `${count(size)} bytes` : `bytes ${count(from)} to ${count(from + shown - 1)} of ${count(size)}`;
  return masked ? `${part}, card number masked` : part;
}

function Turn({
  shown: { letter, from, rows },
  onTurn,
}: {
  readonly shown: LetterBytesView;
  readonly onTurn: (from: number) => void;
}) {
  const end = from + rows.reduce((sum, { hex }) => sum + hex.length, 0);
  const size = letter.size ?? 0;
  if (from === 0 && end >= size) return null;
  return (
    <div className="letter-turn">
      <Button size="xs" disabled={from === 0} onClick={() => onTurn(Math.max(0, from - WINDOW))}>
        Earlier bytes
      </Button>
      <Button size="xs" disabled={end >= size} onClick={() => onTurn(end)}>
        Later bytes
      </Button>
    </div>
  );
}

function SaveButton({ letter }: { readonly letter: DeadLetterView }) {
  const { bridge } = useStore();
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      const { file, bytes: size } = await ask(bridge, 'deadLetters.save', { id: letter.id });
      toast(`${count(size)} bytes, not masked, in ${file}`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      toastError(error.view);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Tooltip label="Writes them as they are, card numbers included, into the data folder, for your eyes only">
      <Button size="xs" leftSection={<Download size={12} />} loading={busy} onClick={() => void save()}>
        Save bytes
      </Button>
    </Tooltip>
  );
}
