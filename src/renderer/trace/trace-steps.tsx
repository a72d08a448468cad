/** One transaction on its way, step by step: change event, row, file, prediction, message. What has not happened says so. */
import type { ReactNode } from 'react';
import type { BronzeStep, DeliveryStep, EventStep, TransactionTrace } from '../../console/contract.ts';
import { deliveryWord, Risk, Status } from '../components/status.tsx';
import { fullMoment, count, offset, preciseClock } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';

export function TraceSteps({ trace }: { readonly trace: TransactionTrace }) {
  return (
    <ol className="trace">
      <Event step={trace.event} />
      <Bronze step={trace.bronze} isKnown={trace.stored !== null} />
      <Scored trace={trace} />
      <Slack step={trace.delivery} isFraud={trace.prediction?.isFraud ?? null} transNum={trace.transNum} />
    </ol>
  );
}

interface StepProps {
  readonly title: string;
  /** Beside the title: when, or where. */
  readonly side?: ReactNode;
  readonly isDone: boolean;
  readonly children: ReactNode;
}

function Step({ title, side, isDone, children }: StepProps) {
  return (
    <li className={isDone ? 'done' : ''}>
      <div className="row">
        <span className="strong ink-1">{title}</span>
        <span className="grow" />
        <span className="ink-3 nowrap">{side}</span>
      </div>
      {children}
    </li>
  );
}

const OPERATIONS: Readonly<Record<string, string>> = { c: 'created', u: 'updated', r: 'read by the snapshot' };

function Event({ step }: { readonly step: EventStep | null }) {
  const zone = useZone();
  if (step === null) {
    return (
      <Step title="Change event" isDone={false}>
        <p className="ink-3">Alert has not read it, so its place in the topic is not known.</p>
      </Step>
    );
  }
  const { partition, offset: at, op, committedAt, lsn, unread } = step;
  return (
    <Step title="Change event" side={committedAt !== null && preciseClock(committedAt, zone)} isDone>
      <p>
        p{partition} offset {offset(at)}
        {op !== null && <span className="ink-3"> · {OPERATIONS[op] ?? op}</span>}
      </p>
      {lsn !== null && <p className="ink-3">LSN {lsn}</p>}
      {unread !== null && <p className="tone-med">{unread}</p>}
    </Step>
  );
}

function Bronze({ step, isKnown }: { readonly step: BronzeStep; readonly isKnown: boolean }) {
  const zone = useZone();
  const { batch, rows, files, filesSearched } = step;
  const [first] = rows;
  const at = first?.ingestedAt ?? batch?.at ?? null;
  return (
    <Step title="Bronze" side={at !== null && preciseClock(at, zone)} isDone={rows.length > 0}>
      {batch !== null && (
        <p>
          <a className="link" href={link('queries', 'bronze', batch.id)}>
            batch {count(batch.id)}
          </a>
          <span className="ink-3"> · version {count(batch.version)}</span>
        </p>
      )}
      {rows.map(({ file, version, operation }) => (
        <p key={file} className="mono trace-file" title={version === null ? file : `${file}, version ${version}`}>
          {file}
          {operation === 'OPTIMIZE' && <span className="ink-3"> put together in version {count(version ?? 0)}</span>}
        </p>
      ))}
      {rows.length > 1 && <p className="ink-3">{count(rows.length)} rows: one for each change of it.</p>}
      {rows.length === 0 && <p className="ink-3">{whyNoRow(isKnown, files, filesSearched)}</p>}
    </Step>
  );
}

function whyNoRow(isKnown: boolean, files: number, searched: number): string {
  if (!isKnown) return 'No transaction of this number is stored, so its day is not known.';
  if (files === 0) return 'The table has no file of its day yet: its batch is still to come.';
  if (searched < files) return `Not in the ${count(searched)} of ${count(files)} files of its day that were searched.`;
  return `Not in the ${count(files)} files of its day: its batch is still to come.`;
}

function Scored({ trace: { prediction, waiting } }: { readonly trace: TransactionTrace }) {
  const zone = useZone();
  if (prediction === null) {
    return (
      <Step title="Alert" isDone={false}>
        {waiting === null ? (
          <p className="ink-3">Not scored.</p>
        ) : (
          <p className="tone-med">
            Waits for its score, tried {count(waiting.attempts)} times
            {waiting.nextAt !== null && `, next at ${preciseClock(waiting.nextAt, zone)}`}. {waiting.lastError}
          </p>
        )}
      </Step>
    );
  }
  const { probability, level, isFraud, batchId, at, modelVersion } = prediction;
  return (
    <Step title="Alert" side={preciseClock(at, zone)} isDone>
      <p className="row">
        {isFraud ? <Risk level={level} probability={probability} digits={4} /> : `no fraud, ${probability.toFixed(4)}`}
        {batchId !== null && (
          <a className="link" href={link('queries', 'alert', batchId)}>
            batch {count(batchId)}
          </a>
        )}
      </p>
      <p className="ink-3">{modelVersion}</p>
    </Step>
  );
}

interface SlackProps {
  readonly step: DeliveryStep | null;
  readonly isFraud: boolean | null;
  readonly transNum: string;
}

function Slack({ step, isFraud, transNum }: SlackProps) {
  const zone = useZone();
  if (step === null) {
    return (
      <Step title="Slack" isDone={false}>
        <p className="ink-3">{isFraud === false ? 'Nothing to tell: it is no fraud.' : 'Nothing yet.'}</p>
      </Step>
    );
  }
  const accepted = step.sends.find(({ outcome }) => outcome === 'accepted');
  return (
    <Step title="Slack" side={step.sentAt !== null && preciseClock(step.sentAt, zone)} isDone={step.state === 'sent'}>
      <p className="row">
        <Status word={deliveryWord(step.state)} />
        <a className="link" href={link('deliveries', transNum)}>
          Open the delivery
        </a>
      </p>
      {accepted && (
        <p className="ink-3" title={fullMoment(accepted.at, zone)}>
          message {accepted.messageId}
          {accepted.alerts > 1 && `, with ${count(accepted.alerts - 1)} more`}
        </p>
      )}
    </Step>
  );
}
