/** How a query is handed over to a Spark cluster: stop it here, run this there. Nothing is done from here but the stop. */
import { Button, SegmentedControl } from '@mantine/core';
import { Copy, Square } from 'lucide-react';
import { useState } from 'react';
import type { HandOverPlan, QueryView } from '../../console/contract.ts';
import { copyText } from '../components/copy.ts';
import { Part, Sentences, Sheet } from '../components/sheet.tsx';
import { Empty, Failure, LoadingRows } from '../components/states.tsx';
import { Status } from '../components/status.tsx';
import { Act, TITLES } from '../components/query-actions.tsx';
import { toast } from '../components/toast.ts';
import { useAnswer } from '../components/use-answer.ts';
import { useCommand } from '../components/use-command.ts';

interface HandOverSheetProps {
  readonly query: QueryView;
  readonly onClose: () => void;
}

export function HandOverSheet({ query, onClose }: HandOverSheetProps) {
  const { value: plan, failure } = useAnswer(
    'handOver.plan',
    { query: query.name },
    `${query.state} ${query.runner?.drains}`,
  );
  return (
    <Sheet title={`Hand ${TITLES[query.name]} over to Spark`} closing="Close" onClose={onClose}>
      {!plan && !failure && <LoadingRows rows={9} />}
      {failure && <Failure error={failure} />}
      {plan?.obstacle && (
        <Empty title={`${TITLES[query.name]} stays here`}>
          <p>{plan.obstacle}</p>
        </Empty>
      )}
      {plan && !plan.obstacle && (
        <>
          <p className="text ink-2">
            What is stored is in Spark's own format, so Spark goes on where this console stops. No record is lost or
            doubled, and the way back is open.
          </p>
          <GiveBack query={query} plan={plan} />
          <Run plan={plan} />
          <Part number={3} title="Then">
            <Sentences of={plan.notes} />
          </Part>
        </>
      )}
    </Sheet>
  );
}

/** Bronze stops; Alert can go on sending what Spark stores. */
function GiveBack({ query, plan: { runsHere, leaves } }: { readonly query: QueryView; readonly plan: HandOverPlan }) {
  const { name, state, runner } = query;
  const title = TITLES[name];
  const free = runner?.owner ? 'Spark has taken the lease.' : 'The lease is free: Spark may take it.';
  return (
    <Part number={1} title={leaves ? `Leave ${title} to Spark` : `Stop ${title} here`}>
      <div className="row gap-3">
        {runsHere ? <Status word={state} /> : <Status word="OK" text="DONE" />}
        <span className="text ink-2 grow">
          {runsHere ? 'It finishes its batch and gives the lease back. Spark is refused as long as it runs.' : free}
          {leaves && ' From then on this console scores what waits and sends the alerts that Spark stores.'}
        </span>
        {leaves ? <Leave /> : runsHere && <Stop query={query} />}
      </div>
    </Part>
  );
}

function Leave() {
  const [busy, run] = useCommand();
  const leave = () => run('handOver.leave', {}, 'Alert is left to Spark; its alerts are sent from here.');
  return (
    <Button loading={busy} onClick={() => void leave()}>
      Leave Alert to Spark
    </Button>
  );
}

function Stop({ query: { name, state } }: { readonly query: QueryView }) {
  const [busy, run] = useCommand();
  const title = TITLES[name];
  return (
    <Act
      label={`Stop ${title}`}
      icon={<Square size={12} />}
      why={state === 'STOPPING' ? `${title} finishes its batch and stops.` : null}
      busy={busy}
      act={() => run('query.stop', { query: name }, `${title} stops after this batch.`)}
    />
  );
}

function Run({ plan: { commands, secrets } }: { readonly plan: HandOverPlan }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const command = commands.find(({ title }) => title === chosen) ?? commands[0];
  if (!command) return null;
  const copy = () => {
    copyText(command.text);
    toast('The command is in the clipboard.');
  };
  return (
    <Part number={2} title="Start it there">
      <div className="row">
        {commands.length > 1 && (
          <SegmentedControl
            aria-label="Release of Spark"
            value={command.title}
            onChange={setChosen}
            data={commands.map(({ title }) => title)}
          />
        )}
        <span className="grow" />
        <Button leftSection={<Copy size={14} />} onClick={copy}>
          Copy command
        </Button>
      </div>
      <pre className="code-box wrapped" tabIndex={0} aria-label="Command">
        {command.text}
      </pre>
      {secrets.length > 0 && (
        <p className="text ink-2">
          No secret is in it. Set these where it runs:{' '}
          {secrets.map((name, index) => (
            <span key={name}>
              {index > 0 && ', '}
              <span className="mono ink-1">{name}</span>
            </span>
          ))}
          .
        </p>
      )}
    </Part>
  );
}
