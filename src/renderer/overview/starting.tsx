/** The stack is not up: what is being done, what is done already, or why it could not be done. */
import { RotateCw } from 'lucide-react';
import { Page, Card } from '../components/page.tsx';
import { Act } from '../components/query-actions.tsx';
import { Failure } from '../components/states.tsx';
import { Status, StatusMark, type StateWord } from '../components/status.tsx';
import type { ConsoleView, ServiceView } from '../../console/contract.ts';
import { useCommand } from '../components/use-command.ts';
import { useNow } from '../clock.ts';
import { longSpan } from '../format.ts';
import { link } from '../route.ts';
import { usePart } from '../store.ts';

export function Starting() {
  const console = usePart('console');
  const services = usePart('services') ?? [];
  if (!console) return null;
  return (
    <Page title="Overview" sub={SUBS[console.stack]}>
      {console.stack === 'FAILED' && console.error ? (
        <section className="card edge-fail" style={{ padding: '14px 16px' }}>
          <div className="row" style={{ marginBottom: 6 }}>
            <Status word="FAILED" />
            <span className="text ink-2">{WORDS_OF[console.profile].title}</span>
            <span className="grow" />
            <Again />
          </div>
          <Failure error={console.error} />
        </section>
      ) : (
        <StartingCard console={console} />
      )}
      <Card title="What runs" sub={WORDS_OF[console.profile].sub}>
        <ServiceList services={services} />
      </Card>
    </Page>
  );
}

function StartingCard({ console }: { readonly console: ConsoleView }) {
  const now = useNow();
  const down = console.stack === 'DOWN';
  return (
    <section className="card starting">
      <div className="big">{down ? 'The lakehouse is down' : 'Your lakehouse is starting'}</div>
      <p className="ink-2">{WORDS_OF[console.profile].starting}</p>
      <div className="row" role="status">
        <Status word={down ? 'STOPPED' : 'STARTING'} text={console.step ?? (down ? 'DOWN' : 'STARTING')} />
        <span className="text ink-3">for {longSpan(now - console.startedAt)}</span>
        <span className="grow" />
        <a className="link text" href={link('logs')}>
          Show the log
        </a>
      </div>
    </section>
  );
}

function Again() {
  const [busy, run] = useCommand();
  return (
    <Act
      label="Start again"
      icon={<RotateCw size={13} />}
      why={null}
      busy={busy}
      act={() => run('stack.start', {}, 'The stack is up.')}
    />
  );
}

const WORDS_OF: Readonly<Record<ConsoleView['profile'], Readonly<Record<'title' | 'sub' | 'starting', string>>>> = {
  embedded: {
    title: 'Embedded stack',
    sub: 'the embedded stack: everything is inside Sluice, no Docker, no account, no network',
    starting:
      'Everything runs inside Sluice. The first start takes about a minute, because PostgreSQL makes its cluster; later ones take seconds.',
  },
  docker: {
    title: 'Docker stack',
    sub: 'the docker stack: the services of docker-compose.yml, which go on when Sluice ends',
    starting:
      'The services come up in containers, in the order of their health. The first start fetches and builds images, which takes minutes; later ones take seconds.',
  },
  external: {
    title: 'External stack',
    sub: 'the external stack: servers of your own, which Sluice tests and leaves as they are',
    starting:
      'Each server is tested. One that is needed and does not answer is named, with the settings that say where it is.',
  },
};

function ServiceList({ services }: { readonly services: readonly ServiceView[] }) {
  return (
    <ol className="service-list">
      {services.map(({ name, title, state, detail, address }) => (
        <li key={name} className="row gap-3">
          <StatusMark word={mark(state)} />
          <span className="service-name">{title}</span>
          <span className="text ink-3 grow cut" title={detail}>
            {detail || WORDS[state]}
          </span>
          {address && <span className="mono ink-3 cut">{address}</span>}
        </li>
      ))}
    </ol>
  );
}

// A service that has not been started yet is not one that somebody stopped.
const mark = (state: ServiceView['state']): StateWord => (state === 'STOPPED' ? 'WAITING' : state);

const WORDS = {
  STOPPED: 'comes later',
  STARTING: 'starting',
  OK: 'up',
  WARN: 'up, with a remark',
  STOPPING: 'stopping',
  FAILED: 'failed',
} as const;

const SUBS = {
  STARTING: 'Starting',
  UP: 'Up',
  STOPPING: 'Stopping',
  DOWN: 'Down',
  FAILED: 'Could not start',
} as const;
