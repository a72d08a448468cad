/** The outbox: which alert has reached Slack, which waits, which may have been sent twice, and why one could not go. */
import { SegmentedControl } from '@mantine/core';
import { Send } from 'lucide-react';
import { useState } from 'react';
import type { ConsoleView } from '../../console/contract.ts';
import { DELIVERY_STATES, type AlertTotals, type DeliveryState } from '../../pipeline/events.ts';
import { Fact, Page } from '../components/page.tsx';
import { Act } from '../components/query-actions.tsx';
import { Empty, LoadingRows } from '../components/states.tsx';
import { deliveryWord, Status } from '../components/status.tsx';
import { useCommand } from '../components/use-command.ts';
import { count, plural } from '../format.ts';
import { replaceRoute, useRoute } from '../route.ts';
import { usePart } from '../store.ts';
import { Decide, isOpen } from './decide.tsx';
import { DeliveryDetail } from './delivery-detail.tsx';
import { DeliveryTable } from './delivery-table.tsx';

/** Counted always; the others only when there are some. */
const ALWAYS: readonly DeliveryState[] = ['sent', 'pending', 'ambiguous', 'dead', 'suppressed'];

export function Deliveries() {
  const deliveries = usePart('deliveries');
  const totals = usePart('totals');
  const console = usePart('console');
  const slack = console?.slack ?? 'off';
  const { rest } = useRoute();
  const [state, setState] = useState<DeliveryState | 'all'>('all');
  const shown = (deliveries ?? []).filter((each) => state === 'all' || each.state === state);
  const open = state === 'held' || state === 'dead' ? shown.filter(isOpen) : [];
  const chosen = deliveries?.find(({ transNum }) => transNum === rest[0]);
  return (
    <Page
      fixed
      title="Deliveries"
      sub={console ? WHERE[slack] : ''}
      actions={
        <>
          <SegmentedControl
            value={state}
            onChange={(value) => setState(DELIVERY_STATES.find((each) => each === value) ?? 'all')}
            data={FILTERS.filter(({ value }) => value !== 'discarded' || (totals?.deliveries.discarded ?? 0) > 0)}
            aria-label="State"
          />
          <TestButton slack={slack} />
        </>
      }
    >
      {totals && <Counts totals={totals} />}
      <div className="split">
        <section className="card fill" aria-label="Deliveries">
          {open.length > 1 && (
            <div className="card-head">
              <span className="text ink-2">{plural(open.length, 'alert')} wait for your decision</span>
              <span className="grow" />
              <Decide deliveries={open} />
            </div>
          )}
          {deliveries === null && <LoadingRows rows={9} />}
          {deliveries?.length === 0 && (
            <Empty title="Nothing to deliver yet">
              <p>
                Each fraud puts one message into the outbox, in the same SQL transaction as its prediction.{' '}
                {NEXT[slack]}
              </p>
            </Empty>
          )}
          {deliveries && deliveries.length > 0 && shown.length === 0 && (
            <Empty title={`No message is ${deliveryWord(state === 'all' ? 'sent' : state)}`}>
              <p>The newest {deliveries.length} messages are looked at.</p>
            </Empty>
          )}
          {shown.length > 0 && (
            <DeliveryTable
              deliveries={shown}
              chosen={chosen?.transNum ?? null}
              onChoose={(each) => (each ? replaceRoute('deliveries', each.transNum) : replaceRoute('deliveries'))}
            />
          )}
        </section>
        {chosen && <DeliveryDetail delivery={chosen} slack={slack} onClose={() => replaceRoute('deliveries')} />}
      </div>
    </Page>
  );
}

function TestButton({ slack }: { readonly slack: ConsoleView['slack'] }) {
  const [busy, run] = useCommand();
  const state = usePart('queries')?.alert.state;
  const why =
    slack === 'off' ? 'Slack is off: set SLACK_WEBHOOK_URL.' : state === 'RUNNING' ? null : 'Alert does not run.';
  return (
    <Act
      label="Send test message"
      icon={<Send size={13} />}
      why={why}
      busy={busy}
      act={() => void run('alerts.test', {}, 'Slack took the test message.')}
    />
  );
}

function Counts({ totals }: { readonly totals: AlertTotals }) {
  return (
    <section className="card counts-row" aria-label="Messages by state">
      {DELIVERY_STATES.filter((state) => ALWAYS.includes(state) || totals.deliveries[state] > 0).map((state) => (
        <Fact key={state} label="">
          <span className="row">
            <Status word={deliveryWord(state)} />
            <span>{count(totals.deliveries[state])}</span>
          </span>
        </Fact>
      ))}
    </section>
  );
}

const WHERE: Readonly<Record<ConsoleView['slack'], string>> = {
  webhook: 'Sent to the Slack webhook, one a second at most',
  preview: 'Local preview: alerts really travel by HTTP, to a receiver inside Sluice',
  off: 'Slack is off: each alert is recorded as suppressed',
};

const NEXT: Readonly<Record<ConsoleView['slack'], string>> = {
  webhook: 'From there it goes to Slack.',
  preview: 'From there it goes to the local preview, until a Slack URL is set.',
  off: 'Slack is off, so it is recorded and not sent.',
};

/** Discarded ones are offered when there are some. */
const FILTERS = [
  { value: 'all', label: 'All' },
  { value: 'sent', label: 'Sent' },
  { value: 'pending', label: 'Waiting' },
  { value: 'ambiguous', label: 'Ambiguous' },
  { value: 'held', label: 'Held' },
  { value: 'dead', label: 'Failed' },
  { value: 'discarded', label: 'Discarded' },
  { value: 'suppressed', label: 'Suppressed' },
] as const;
