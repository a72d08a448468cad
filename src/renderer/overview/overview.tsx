/** The verdict in words, the way of the data, what was found: one look in the morning. */
import { Button, Menu } from '@mantine/core';
import { ChevronDown, CreditCard, Pause, Play, Plus } from 'lucide-react';
import { Page } from '../components/page.tsx';
import { LoadingRows } from '../components/states.tsx';
import { Act } from '../components/query-actions.tsx';
import { useCommand } from '../components/use-command.ts';
import { usePart } from '../store.ts';
import { Flow } from './flow.tsx';
import { FraudFound } from './fraud-found.tsx';
import { FraudsOverTime } from './frauds-over-time.tsx';
import { LatestAlerts } from './latest-alerts.tsx';
import { RowsPerSecond } from './rows-per-second.tsx';
import { Starting } from './starting.tsx';
import { Verdicts } from './verdicts.tsx';

export function Overview() {
  const stack = usePart('console')?.stack;
  if (stack === undefined) {
    return (
      <Page title="Overview">
        <section className="card">
          <LoadingRows rows={10} />
        </section>
      </Page>
    );
  }
  if (stack !== 'UP' && stack !== 'STOPPING') return <Starting />;
  return (
    <Page title="Overview" sub="Both queries" actions={<ProducerActions />}>
      <Verdicts />
      <Flow />
      <div className="overview-row">
        <FraudFound />
        <RowsPerSecond />
        <FraudsOverTime />
      </div>
      <LatestAlerts />
    </Page>
  );
}

function ProducerActions() {
  const [busy, run] = useCommand();
  const producer = usePart('producer');
  // On the docker stack it is a container.
  const container = usePart('services')?.find(({ name }) => name === 'data-producer');
  const running = producer?.running ?? container?.state === 'OK';
  return (
    <div className="row">
      {running ? (
        <Act
          label="Pause producer"
          icon={<Pause size={13} />}
          why={null}
          busy={busy}
          act={() => run('producer.pause', {}, 'The producer pauses.')}
        />
      ) : (
        <Act
          label="Start producer"
          icon={<Play size={13} />}
          why={null}
          busy={busy}
          act={() => run('producer.start', {}, 'The producer goes on.')}
        />
      )}
      <CardTheft />
      <TestTransaction />
    </div>
  );
}

function CardTheft() {
  const [busy, run] = useCommand();
  const play = () =>
    void run('producer.scenario', { name: 'card-theft' }, 'A card theft is played: eight thefts within an hour.');
  return (
    <Button leftSection={<CreditCard size={13} />} loading={busy} onClick={play}>
      Card theft
    </Button>
  );
}

function TestTransaction() {
  const [busy, run] = useCommand();
  const send = (kind: 'normal' | 'suspicious') =>
    void run('producer.test', { kind }, `One ${kind} test transaction is in PostgreSQL.`);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button leftSection={<Plus size={13} />} rightSection={<ChevronDown size={13} />} loading={busy}>
          Send a test transaction
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => send('normal')}>Normal: a small purchase near home</Menu.Item>
        <Menu.Item onClick={() => send('suspicious')}>Suspicious: dear groceries, far from home, at night</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
