/**
 * Clearing is slow, previewed and can be undone by hand: the numbers first, then what moves, then the name to type.
 * Nothing changes before the button at the end.
 */
import { ActionIcon, Button, Drawer, SegmentedControl, TextInput } from '@mantine/core';
import { Undo2, X } from 'lucide-react';
import { useEffect, useState, type FormEvent } from 'react';
import type { ErrorView, QueryView } from '../../console/contract.ts';
import { CLEAR_FROM, type ClearFrom, type ClearPreview } from '../../pipeline/events.ts';
import { ask, CommandError } from '../bridge.ts';
import { TITLES } from '../components/query-actions.tsx';
import { Failure, LoadingRows } from '../components/states.tsx';
import { toast } from '../components/toast.ts';
import { useStore } from '../store.ts';
import { Choice, CHOICES, Moves, Partitions, Sentences } from './clear-preview.tsx';

interface ClearSheetProps {
  readonly query: QueryView;
  readonly onClose: () => void;
}

export function ClearSheet({ query, onClose }: ClearSheetProps) {
  const [from, setFrom] = useState<ClearFrom>('table');
  const [preview, failure] = usePreview(query.name, from);
  const title = TITLES[query.name];
  return (
    <Drawer
      opened
      onClose={onClose}
      size={680}
      withCloseButton={false}
      classNames={{ content: 'sheet' }}
      attributes={{ content: { 'aria-label': `Clear the ${title} checkpoint` } }}
    >
      <div className="sheet-head row">
        <h2>Clear the {title} checkpoint</h2>
        <span className="grow" />
        <ActionIcon size="xs" onClick={onClose} aria-label="Close without clearing">
          <X size={16} />
        </ActionIcon>
      </div>
      <div className="sheet-body">
        <p className="text ink-2">{stateSentence(query)} Nothing changes until you confirm.</p>
        <SegmentedControl
          aria-label="Where it begins"
          value={from}
          onChange={(value) => setFrom(value as ClearFrom)}
          data={CLEAR_FROM.map((value) => ({ value, label: CHOICES[value] }))}
        />
        {!preview && !failure && <LoadingRows rows={8} />}
        {failure && <Failure error={failure} />}
        {preview && (
          <>
            <Choice preview={preview} />
            <Partitions preview={preview} />
            <Moves preview={preview} />
            <Sentences preview={preview} />
          </>
        )}
      </div>
      {preview && <Confirm query={query} from={preview.from} trash={preview.trash} onClose={onClose} />}
    </Drawer>
  );
}

function stateSentence({ name, state }: QueryView): string {
  const title = TITLES[name];
  return state === 'STOPPED' || state === 'FAILED'
    ? `${title} does not run.`
    : `${title} runs; it will finish its batch and stop first.`;
}

interface ConfirmProps {
  readonly query: QueryView;
  readonly from: ClearFrom;
  readonly trash: string;
  readonly onClose: () => void;
}

function Confirm({ query, from, trash, onClose }: ConfirmProps) {
  const { bridge } = useStore();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ErrorView | null>(null);
  const [typed, setTyped] = useState('');
  const { name } = query;
  const matches = typed === name;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!matches || busy) return;
    setBusy(true);
    try {
      const { trash: kept } = await ask(bridge, 'checkpoint.clear', { query: name, from, confirm: typed });
      toast(`The ${TITLES[name]} checkpoint is cleared; the old one lies in ${kept}.`);
      onClose();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      setFailure(error.view);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="sheet-foot" onSubmit={(event) => void submit(event)}>
      {failure && <Failure error={failure} />}
      <div className="row gap-3">
        <label className="text" htmlFor="confirm-clear">
          Type <b className="mono">{name}</b> to confirm
        </label>
        <TextInput id="confirm-clear" w={150} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
        <span className="grow" />
        <Button variant="subtle" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="filled" disabled={!matches} loading={busy}>
          Clear, then start {TITLES[name]}
        </Button>
      </div>
      <div className="row text ink-2">
        <Undo2 size={14} className="tone-ok" />
        <span className="cut" title={trash}>
          The old checkpoint is kept in <span className="mono">{trash}</span>
        </span>
      </div>
    </form>
  );
}

/** What clearing would do, asked when the sheet opens and for each choice. */
function usePreview(query: QueryView['name'], from: ClearFrom): readonly [ClearPreview | null, ErrorView | null] {
  const { bridge } = useStore();
  const [preview, setPreview] = useState<ClearPreview | null>(null);
  const [failure, setFailure] = useState<ErrorView | null>(null);
  useEffect(() => {
    let gone = false;
    setPreview(null);
    setFailure(null);
    ask(bridge, 'checkpoint.preview', { query, from }).then(
      (answer) => !gone && setPreview(answer),
      (error: unknown) => {
        if (!(error instanceof CommandError)) throw error;
        if (!gone) setFailure(error.view);
      },
    );
    return () => {
      gone = true;
    };
  }, [bridge, query, from]);
  return [preview, failure];
}
