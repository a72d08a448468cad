import { Detail } from '../components/detail.tsx';
import { Failure, LoadingRows } from '../components/states.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { fullMoment, money, shortId } from '../format.ts';
import { useZone } from '../preferences.ts';
import type { StoredStep, TransactionTrace } from '../../console/contract.ts';
import { Explanation } from './explanation.tsx';
import { TraceSteps } from './trace-steps.tsx';

interface TransactionDetailProps {
  readonly transNum: string;
  readonly onClose: () => void;
}

/** Any transaction by its number, a fraud or not: what it is, and where it came. */
export function TransactionDetail({ transNum, onClose }: TransactionDetailProps) {
  const { value, failure } = useAnswer('transaction.trace', { transNum });
  return (
    <Detail
      title={`transaction ${shortId(transNum)}`}
      onClose={onClose}
      head={
        <span className="mono ink-2 cut" title={transNum}>
          {transNum}
        </span>
      }
    >
      {failure !== null && (
        <div className="section">
          <Failure error={failure} />
        </div>
      )}
      {failure === null && value === null && <LoadingRows rows={6} />}
      {value !== null && (isUnknown(value) ? <Unknown /> : <Known trace={value} />)}
    </Detail>
  );
}

const isUnknown = ({ stored, prediction, waiting }: TransactionTrace): boolean =>
  stored === null && prediction === null && waiting === null;

function Unknown() {
  return (
    <div className="section">
      <p className="strong">Nobody has seen this number.</p>
      <p className="text ink-3">
        There is no transaction, no prediction and no waiting row of it. Numbers are compared letter by letter: look for
        one that was cut.
      </p>
    </div>
  );
}

function Known({ trace }: { readonly trace: TransactionTrace }) {
  return (
    <>
      {trace.stored && <Stored stored={trace.stored} />}
      {trace.prediction && <Explanation prediction={trace.prediction} transNum={trace.transNum} />}
      <section className="section" aria-label="Trace">
        <h2 style={{ marginBottom: 8 }}>Trace</h2>
        <TraceSteps trace={trace} />
      </section>
    </>
  );
}

function Stored({ stored: { amount, merchant, category, card, initials, at } }: { readonly stored: StoredStep }) {
  const zone = useZone();
  return (
    <div style={{ padding: '0 14px 12px' }}>
      <span className="big">{money(amount)}</span>
      <div className="text ink-2">
        <span className="ink-1 strong">{merchant}</span> · {category} · <span className="mono">{card}</span> ·{' '}
        {initials}
      </div>
      {at !== null && <div className="text ink-3">Paid {fullMoment(at, zone)}</div>}
    </div>
  );
}
