/** Why a transaction got its score, a fraud or not: reasons are stored for frauds alone, so the model is asked. */
import { Button } from '@mantine/core';
import { Scale } from 'lucide-react';
import { useState } from 'react';
import type { TransactionTrace } from '../../console/contract.ts';
import { Failure, LoadingRows } from '../components/states.tsx';
import { Risk } from '../components/status.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { Contributions } from '../feed/contributions.tsx';

interface ExplanationProps {
  readonly transNum: string;
  readonly prediction: NonNullable<TransactionTrace['prediction']>;
}

export function Explanation({ transNum, prediction }: ExplanationProps) {
  const [asked, setAsked] = useState(false);
  return (
    <section className="section" aria-label="Why this score">
      <div className="row" style={{ marginBottom: 8 }}>
        <h2>Why this score</h2>
        <Risk level={prediction.level} probability={prediction.probability} digits={4} />
        <span className="grow" />
        {asked ? (
          <span className="text ink-3">in log-odds</span>
        ) : (
          <Button size="xs" leftSection={<Scale size={13} />} onClick={() => setAsked(true)}>
            Ask the model
          </Button>
        )}
      </div>
      {asked ? (
        <Reasons transNum={transNum} />
      ) : (
        <p className="text ink-3">It is asked once more with what it was asked then. Nothing is stored.</p>
      )}
    </section>
  );
}

function Reasons({ transNum }: { readonly transNum: string }) {
  const { value, failure } = useAnswer('transaction.explain', { transNum });
  if (failure !== null) return <Failure error={failure} />;
  if (value === null) return <LoadingRows rows={4} />;
  const { stored, contributions, modelVersion, probability, explanation, defaultsUsed } = value;
  const differs = stored.modelVersion !== modelVersion || stored.probability !== probability;
  return (
    <>
      {differs && (
        <p className="note" style={{ marginBottom: 8 }}>
          Scored {stored.probability.toFixed(4)} by {stored.modelVersion}. Now {modelVersion} answers.
        </p>
      )}
      {contributions ? (
        <Contributions of={value} moved={contributions} />
      ) : (
        <ul className="reasons text">
          {explanation.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {contributions === null && explanation.length === 0 && <p className="text ink-3">The API gave no explanation.</p>}
      {defaultsUsed.length > 0 && <p className="text ink-3">Defaults were taken for: {defaultsUsed.join(', ')}.</p>}
    </>
  );
}
