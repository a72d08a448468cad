import { useEffect, useState } from 'react';
import { Failure, LoadingRows } from '../components/states.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { usePart } from '../store.ts';
import { TraceSteps } from './trace-steps.tsx';

interface TraceProps {
  readonly transNum: string;
  /** The trace is asked for again when this changes. */
  readonly stamp?: string;
}

/** The trace of one transaction, asked for when it is shown, and with each commit of Bronze until its row is there. */
export function Trace({ transNum, stamp = '' }: TraceProps) {
  const version = usePart('table')?.version ?? null;
  const [isStored, setStored] = useState(false);
  const asked = isStored ? stamp : `${stamp} ${version}`;
  const { value, failure } = useAnswer('transaction.trace', { transNum }, asked);
  useEffect(() => setStored((value?.bronze.rows.length ?? 0) > 0), [value]);
  return (
    <section className="section" aria-label="Trace">
      <h2 style={{ marginBottom: 8 }}>Trace</h2>
      {failure !== null && <Failure error={failure} />}
      {failure === null && value === null && <LoadingRows rows={4} />}
      {value !== null && <TraceSteps trace={value} />}
    </section>
  );
}
