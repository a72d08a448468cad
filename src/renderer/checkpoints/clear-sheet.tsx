/**
 * Clearing is slow, previewed and can be undone by hand: the numbers first, then what moves, then the name to type.
 * Nothing changes before the button at the end.
 */
import { SegmentedControl, TextInput } from '@mantine/core';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { QueryView } from '../../console/contract.ts';
import { CLEAR_FROM, type ClearFrom, type ClearPreview } from '../../pipeline/events.ts';
import { ask } from '../bridge.ts';
import { TITLES } from '../components/query-actions.tsx';
import { Sentences, Sheet, SheetAct } from '../components/sheet.tsx';
import { Failure, LoadingRows } from '../components/states.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { useStore } from '../store.ts';
import { Choice, CHOICES, Moves, Partitions } from './clear-preview.tsx';

interface ClearSheetProps {
  readonly query: QueryView;
  readonly onClose: () => void;
}

export function ClearSheet({ query, onClose }: ClearSheetProps) {
  const [from, setFrom] = useState<ClearFrom>('table');
  const { value, failure } = useAnswer('checkpoint.preview', { query: query.name, from });
  // The answer to the choice before is none to this one.
  const preview = value?.from === from ? value : null;
  return (
    <Sheet
      title={`Clear the ${TITLES[query.name]} checkpoint`}
      closing="Close without clearing"
      onClose={onClose}
      foot={preview && <Confirm preview={preview} onClose={onClose} />}
    >
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
          <Sentences of={preview.sentences} />
        </>
      )}
    </Sheet>
  );
}

function stateSentence({ name, state }: QueryView): string {
  const title = TITLES[name];
  return state === 'STOPPED' || state === 'FAILED'
    ? `${title} does not run.`
    : `${title} runs; it will finish its batch and stop first.`;
}

function Confirm({ preview, onClose }: { readonly preview: ClearPreview; readonly onClose: () => void }) {
  const { bridge } = useStore();
  const [typed, setTyped] = useState('');
  const { query, from, trash } = preview;
  return (
    <SheetAct
      label={`Clear, then start ${TITLES[query]}`}
      ready={typed === query}
      act={async () => {
        const { trash: kept } = await ask(bridge, 'checkpoint.clear', { query, from, confirm: typed });
        return `The ${TITLES[query]} checkpoint is cleared; the old one lies in ${kept}.`;
      }}
      onClose={onClose}
      below={
        <div className="row text ink-2">
          <Undo2 size={14} className="tone-ok" />
          <span className="cut" title={trash}>
            The old checkpoint is kept in <span className="mono">{trash}</span>
          </span>
        </div>
      }
    >
      <label className="text" htmlFor="confirm-clear">
        Type <b className="mono">{query}</b> to confirm
      </label>
      <TextInput id="confirm-clear" w={150} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
    </SheetAct>
  );
}
