/**
 * Taking a query over from a Spark cluster: where checkpoint and table stand, what will be done and what is read again,
 * then the button. The console says whether it can be done now; looking changes nothing.
 */
import { Button, Checkbox } from '@mantine/core';
import { RotateCw } from 'lucide-react';
import { useState } from 'react';
import type { TakeOverPlan, TakeOverView } from '../../console/contract.ts';
import type { QueryName } from '../../pipeline/events.ts';
import { ask } from '../bridge.ts';
import { TITLES } from '../components/query-actions.tsx';
import { Sentences, Sheet, SheetAct } from '../components/sheet.tsx';
import { Failure, LoadingRows } from '../components/states.tsx';
import { Status } from '../components/status.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { clock } from '../format.ts';
import { useZone } from '../preferences.ts';
import { usePart, useStore } from '../store.ts';
import { ReadAgain, Standing, Steps } from './take-over-plan.tsx';

interface TakeOverSheetProps {
  readonly query: QueryName;
  readonly onClose: () => void;
}

export function TakeOverSheet({ query, onClose }: TakeOverSheetProps) {
  const zone = useZone();
  const owner = usePart('checkpoints')?.[query]?.owner ?? null;
  const [looks, setLooks] = useState(0);
  // Whoever gives the lease back, or takes it, makes the last look old.
  const { value: plan, failure } = useAnswer('takeOver.plan', { query }, `${owner?.epoch ?? 'free'} ${looks}`);
  const again = () => setLooks((before) => before + 1);
  return (
    <Sheet
      title={`Take ${TITLES[query]} over from Spark`}
      sub={plan && `looked at ${clock(plan.at, zone)}`}
      closing="Close without taking over"
      onClose={onClose}
      foot={
        plan && !plan.refusal ? (
          <Confirm plan={plan} onClose={onClose} />
        ) : (
          (plan || failure) && <LookAgain act={again} />
        )
      }
    >
      <p className="text ink-2">Looking changes nothing, and nothing is taken over before the button at the end.</p>
      {!plan && !failure && <LoadingRows rows={9} />}
      {failure && <Failure error={failure} />}
      {plan && (
        <>
          {plan.refusal ? <Failure error={plan.refusal} withLog={false} /> : <Writer writer={plan.view.writer} />}
          <Standing view={plan.view} />
          {plan.does.length > 0 && <Steps query={query} does={plan.does} />}
          <ReadAgain number={plan.does.length > 0 ? 3 : 2} view={plan.view} />
          {plan.view.findings.length > 0 && <Findings of={plan.view.findings} />}
        </>
      )}
    </Sheet>
  );
}

const WRITERS = {
  gone: { word: 'OK', text: 'Nobody writes here' },
  perhaps: { word: 'WARN', text: 'Nothing tells whether Spark has stopped' },
  lives: { word: 'STALLED', text: 'Somebody still writes here' },
} as const;

function Writer({ writer: { verdict, why } }: Pick<TakeOverView, 'writer'>) {
  const { word, text } = WRITERS[verdict];
  return (
    <div className="note" role="status">
      <Status word={word} text={text} />
      <span>{why}</span>
    </div>
  );
}

function Findings({ of }: { readonly of: readonly string[] }) {
  return (
    <section className="col" style={{ gap: 8 }}>
      <h2>What is strange</h2>
      <Sentences of={of} />
    </section>
  );
}

function LookAgain({ act }: { readonly act: () => void }) {
  return (
    <div className="sheet-foot">
      <div className="row gap-3">
        <span className="text ink-2">Nothing was changed.</span>
        <span className="grow" />
        <Button variant="filled" leftSection={<RotateCw size={13} />} onClick={act}>
          Look again
        </Button>
      </div>
    </div>
  );
}

function Confirm({ plan, onClose }: { readonly plan: TakeOverPlan; readonly onClose: () => void }) {
  const { bridge } = useStore();
  const [stopped, setStopped] = useState(false);
  const { query, checkpoint } = plan.view;
  return (
    <SheetAct
      label={`Take over, then start ${TITLES[query]}`}
      ready={stopped || !plan.asksWhetherStopped}
      act={async () => {
        await ask(bridge, 'takeOver.confirm', { query, lastCommit: checkpoint.lastCommit, sparkIsStopped: stopped });
        return `${TITLES[query]} is taken over from Spark and starts.`;
      }}
      onClose={onClose}
    >
      {plan.asksWhetherStopped && (
        <Checkbox
          checked={stopped}
          onChange={(event) => setStopped(event.currentTarget.checked)}
          label="I have made sure that the Spark program has stopped"
        />
      )}
    </SheetAct>
  );
}
