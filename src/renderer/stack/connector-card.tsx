/** The Debezium connector: the worst of it and its tasks, why it failed, and what is not as Sluice wants it. */
import { Button } from '@mantine/core';
import { Copy, Pause, Play, RotateCw } from 'lucide-react';
import { useState } from 'react';
import type { CaptureView, ConnectorCard as ConnectorFacts, ErrorView } from '../../console/contract.ts';
import { useNow } from '../clock.ts';
import { copyText } from '../components/copy.ts';
import { Card } from '../components/page.tsx';
import { Act } from '../components/query-actions.tsx';
import { Failure, LoadingRows, sentence } from '../components/states.tsx';
import { edge, Status } from '../components/status.tsx';
import { toast } from '../components/toast.ts';
import { useCommand } from '../components/use-command.ts';
import { moment, plural } from '../format.ts';
import { useZone } from '../preferences.ts';
import { usePart } from '../store.ts';
import { ConfigDifference } from './config-difference.tsx';
import { connectorState } from './words.ts';

interface ConnectorCardProps {
  readonly view: CaptureView | null;
  readonly failure: ErrorView | null;
  readonly onDone: () => void;
}

export function ConnectorCard({ view, failure, onDone }: ConnectorCardProps) {
  const error = failure ?? view?.connectorError ?? null;
  if (error) {
    return (
      <Card title="Change capture" className="edge-fail">
        <div className="card-body">
          <Failure error={error} />
        </div>
      </Card>
    );
  }
  if (!view) {
    return (
      <Card title="Change capture">
        <LoadingRows rows={3} />
      </Card>
    );
  }
  if (!view.connector) return <OwnCapture sentence={view.without ?? ''} />;
  return <Known card={view.connector} onDone={onDone} />;
}

/** There is no connector; on the embedded stack a service of ours stands in its place. */
function OwnCapture({ sentence: words }: { readonly sentence: string }) {
  const capture = usePart('services')?.find(({ name }) => name === 'capture');
  return (
    <Card
      title={
        <>
          <h2>Change capture</h2>
          {capture && <Status word={capture.state} />}
        </>
      }
    >
      <div className="card-body text ink-2">
        {capture && <b>{sentence(capture.detail)} </b>}
        {words}
      </div>
    </Card>
  );
}

function Known({ card, onDone }: { readonly card: ConnectorFacts; readonly onDone: () => void }) {
  const now = useNow();
  const zone = useZone();
  const shown = connectorState(card.state);
  const trace = card.tasks.find((task) => task.trace !== null)?.trace ?? null;
  return (
    <Card
      className={edge(shown.word)}
      title={
        <>
          <h2>{card.name}</h2>
          <span className="row" title="The worst of the connector and its tasks counts">
            <Status {...shown} />
          </span>
        </>
      }
      actions={<ConnectorActions card={card} onDone={onDone} />}
    >
      <div className="card-body col gap-3">
        <div className="row wrap connector-facts">
          <span className="row">
            <span className="label">Connector</span>
            <Status {...connectorState(card.connector)} />
          </span>
          {card.tasks.map(({ id, state }) => (
            <span className="row" key={id}>
              <span className="label">Task {id}</span>
              <Status {...connectorState(state)} />
            </span>
          ))}
          <span className="row">
            <span className="label">Worker</span>
            <span className="mono">{card.tasks[0]?.worker ?? card.url}</span>
          </span>
          {card.lastRestart && (
            <span className="row">
              <span className="label">Last restart</span>
              <span className="text">
                {moment(card.lastRestart.at, now, zone)}, settled as {card.lastRestart.settled}
              </span>
            </span>
          )}
        </div>
        {card.reason !== null && <Trace reason={card.reason} trace={trace ?? card.reason} />}
        <ConfigDifference card={card} onDone={onDone} />
      </div>
    </Card>
  );
}

interface ConnectorActionsProps {
  readonly card: ConnectorFacts;
  readonly onDone: () => void;
}

function ConnectorActions({ card, onDone }: ConnectorActionsProps) {
  const [busy, run] = useCommand();
  const act = async (command: 'connector.restart' | 'connector.pause' | 'connector.resume', done: string) => {
    if (await run(command, {}, done)) onDone();
  };
  const isWaiting = card.state === 'PAUSED' || card.state === 'STOPPED';
  const failed = card.state === 'FAILED';
  const absent = card.state === 'ABSENT' ? 'There is no connector yet: create it.' : null;
  return (
    <div className="row">
      {isWaiting ? (
        <Act
          label="Resume"
          icon={<Play size={13} />}
          why={absent}
          busy={busy}
          primary
          act={() => void act('connector.resume', 'The connector reads again.')}
        />
      ) : (
        <Act
          label="Pause"
          icon={<Pause size={13} />}
          why={absent ?? (failed ? 'It has failed: restart the task.' : null)}
          busy={busy}
          act={() => void act('connector.pause', 'The connector is paused; the slot keeps the log.')}
        />
      )}
      <Act
        label="Restart failed task"
        icon={<RotateCw size={13} />}
        why={failed ? null : (absent ?? 'No task has failed.')}
        busy={busy}
        primary={failed}
        act={() => void act('connector.restart', 'The restart has settled.')}
      />
    </div>
  );
}

const SHORT_LINES = 5;

function Trace({ reason, trace }: { readonly reason: string; readonly trace: string }) {
  const [all, setAll] = useState(false);
  const lines = trace.split('\n').filter((line) => line !== '');
  const shown = all ? lines : lines.slice(0, SHORT_LINES);
  const more = lines.length - SHORT_LINES;
  return (
    <>
      <p className="text ink-2">
        <b className="ink-1">{sentence(plainReason(reason))}</b> No change is lost: the slot keeps the log.
      </p>
      <pre className="code-box java-trace" tabIndex={0}>
        <span className="tone-fail">{shown[0]}</span>
        {shown.slice(1).map((line, index) => (
          <div key={index}>{line}</div>
        ))}
      </pre>
      <div className="row">
        {more > 0 && (
          <button className="link text" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? 'Show less' : plural(more, 'more line')}
          </button>
        )}
        <span className="grow" />
        <Button
          leftSection={<Copy size={13} />}
          onClick={() => {
            copyText(trace);
            toast('The trace is in the clipboard.');
          }}
        >
          Copy trace
        </Button>
      </div>
    </>
  );
}

/** The name of a Java class says nothing to a person; what stands behind it does. */
const plainReason = (reason: string): string => reason.replace(/^[\w.$]+(Exception|Error):\s*/, '');
