/** What no query could use, by reason, with its bytes, and the way to read it again: always a dry run first. */
import { Button, SegmentedControl } from '@mantine/core';
import { Download, Play } from 'lucide-react';
import { useState } from 'react';
import type { CommandArgs, ErrorView } from '../../console/contract.ts';
import type { QuarantineView } from '../../pipeline/events.ts';
import { ask, CommandError } from '../bridge.ts';
import { Page } from '../components/page.tsx';
import { Empty, Failure, LoadingRows } from '../components/states.tsx';
import { toast, toastError } from '../components/toast.ts';
import { bytes, count, plural } from '../format.ts';
import { replaceRoute, useRoute } from '../route.ts';
import { usePart, useStore } from '../store.ts';
import { LetterDetail } from './letter-detail.tsx';
import { LetterGroups } from './letter-groups.tsx';
import { Notes } from './notes.tsx';
import { ReplayCard, type ReplayRun } from './replay-card.tsx';
import { describe } from './words.ts';

type Chosen = CommandArgs<'deadLetters.dryRun'>;

export function DeadLetters() {
  const quarantine = usePart('quarantine');
  const stackUp = usePart('console')?.stack === 'UP';
  const { rest } = useRoute();
  const tab = rest[0] === 'notes' ? 'notes' : 'letters';
  const chosen = tab === 'letters' ? (rest[0] ?? null) : null;
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const replay = useReplay();
  const run = replay.run;
  return (
    <Page
      fixed
      title="Dead letters"
      sub={quarantine ? describe(quarantine) : ''}
      actions={
        <>
          <SegmentedControl
            value={tab}
            onChange={(value) =>
              value === 'notes' ? replaceRoute('dead-letters', 'notes') : replaceRoute('dead-letters')
            }
            data={[
              { value: 'letters', label: 'Dead letters' },
              { value: 'notes', label: 'Coercion notes' },
            ]}
            aria-label="What is shown"
          />
          {quarantine && quarantine.records > 0 && tab === 'letters' && (
            <>
              <ExportButton />
              <Button
                leftSection={<Play size={13} />}
                loading={replay.busy === 'dry'}
                onClick={() => void replay.look({})}
              >
                Dry run of {quarantine.records === 1 ? 'it' : `all ${count(quarantine.records)}`}
              </Button>
            </>
          )}
        </>
      }
    >
      {!quarantine && <section className="card fill">{stackUp ? <LoadingRows rows={9} /> : <Waiting />}</section>}
      {quarantine && tab === 'notes' && <Notes quarantine={quarantine} />}
      {quarantine && tab === 'letters' && quarantine.records === 0 && <NoLetters quarantine={quarantine} />}
      {quarantine && tab === 'letters' && quarantine.records > 0 && (
        <div className="letter-columns">
          <section className="card fill" aria-label="Dead letters by reason">
            <div className="card-head">
              <h2>By reason</h2>
              <span className="grow" />
              {ticked.size > 0 && <span className="text ink-3">{count(ticked.size)} ticked</span>}
              <Button
                size="xs"
                leftSection={<Play size={12} />}
                disabled={ticked.size === 0}
                loading={replay.busy === 'dry'}
                onClick={() => void replay.look({ ids: [...ticked] })}
              >
                Dry run
              </Button>
            </div>
            <LetterGroups quarantine={quarantine} chosen={chosen} ticked={ticked} onTick={setTicked} />
            <Room quarantine={quarantine} />
          </section>
          <section className="card fill" aria-label="The record">
            <div className="letter-side">
              {chosen ? <LetterDetail key={chosen} id={chosen} stamp={stampOf(quarantine)} /> : <NothingChosen />}
              {replay.failure && (
                <div className="section">
                  <Failure error={replay.failure} />
                </div>
              )}
              {run && <ReplayCard run={run} />}
            </div>
            {run && (
              <footer className="letter-foot">
                <span className="text ink-2 grow">{footText(run)}</span>
                <Button variant="subtle" onClick={replay.close}>
                  Dismiss
                </Button>
                {!run.done && (
                  <Button
                    variant="filled"
                    disabled={run.view.pass === 0}
                    loading={replay.busy === 'replay'}
                    onClick={() => void replay.act()}
                  >
                    Replay {count(run.view.pass)}
                  </Button>
                )}
              </footer>
            )}
          </section>
        </div>
      )}
    </Page>
  );
}

export const stampOf = ({ records, waiting, files, bytes: size }: QuarantineView): string =>
  [records, waiting, files, size].join();

interface Replaying {
  readonly run: ReplayRun | null;
  readonly failure: ErrorView | null;
  readonly busy: 'dry' | 'replay' | null;
  look(chosen: Chosen): Promise<void>;
  /** Replays what the dry run has shown. */
  act(): Promise<void>;
  close(): void;
}

function useReplay(): Replaying {
  const { bridge } = useStore();
  const [run, setRun] = useState<ReplayRun | null>(null);
  const [failure, setFailure] = useState<ErrorView | null>(null);
  const [busy, setBusy] = useState<Replaying['busy']>(null);
  const ask1 = async (what: 'dry' | 'replay', chosen: Chosen): Promise<void> => {
    setBusy(what);
    setFailure(null);
    try {
      const view = await ask(bridge, what === 'dry' ? 'deadLetters.dryRun' : 'deadLetters.replay', chosen);
      setRun({ view, chosen, done: what === 'replay' });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      setFailure(error.view);
    } finally {
      setBusy(null);
    }
  };
  return {
    run,
    failure,
    busy,
    look: (chosen) => ask1('dry', chosen),
    act: () => (run ? ask1('replay', run.chosen) : Promise.resolve()),
    close: () => {
      setRun(null);
      setFailure(null);
    },
  };
}

function footText({ done, view }: ReplayRun): string {
  if (done) return 'The records stay here, marked as replayed, with their version.';
  if (view.pass === 0)
    return 'Nothing would come of a replay: fix what wrote the records, or wait for a version that reads them.';
  return 'Each query finishes its batch, stands still for the replay, and goes on. Every row is written once.';
}

function ExportButton() {
  const { bridge } = useStore();
  const [busy, setBusy] = useState(false);
  const write = async (): Promise<void> => {
    setBusy(true);
    try {
      const { file, letters } = await ask(bridge, 'deadLetters.export', {});
      toast(`${plural(letters, 'letter')}, card numbers masked, in ${file}`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      toastError(error.view);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button leftSection={<Download size={13} />} loading={busy} onClick={() => void write()}>
      Export
    </Button>
  );
}

/** How much room they take; nothing is dropped by itself, so a person must know. */
function Room({ quarantine }: { readonly quarantine: QuarantineView }) {
  const { bytes: size, capBytes, files, unreadFiles } = quarantine;
  const tight = size > capBytes / 2;
  return (
    <div className={`letter-room text ${tight ? 'tone-med' : 'ink-3'}`}>
      {bytes(size)} of {bytes(capBytes)} in {plural(files, 'file')}
      {unreadFiles > 0 && `, ${plural(unreadFiles, 'file')} still to be read`}
      {tight && '. Nothing is dropped by itself: export what you need, and make room.'}
    </div>
  );
}

function NothingChosen() {
  return (
    <Empty title="Choose a record">
      <p>Its bytes are shown here, with the place where reading ended. Card numbers show their last four digits.</p>
    </Empty>
  );
}

function NoLetters({ quarantine }: { readonly quarantine: QuarantineView }) {
  const notes = quarantine.notes.reduce((sum, each) => sum + each.notes, 0);
  return (
    <section className="card fill">
      <Empty title="Every record has become a row">
        <p>
          A record that gives no row would lie here with its bytes, its offset and the reason, and the query would go
          on.
          {notes > 0 && ` ${plural(notes, 'value was', 'values were')} bent on the way and noted.`}
        </p>
      </Empty>
    </section>
  );
}

function Waiting() {
  return (
    <Empty title="Dead letters are read once the stack is up">
      <p>They lie in the data folder and go nowhere meanwhile.</p>
    </Empty>
  );
}
