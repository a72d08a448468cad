/** The systems around the queries: what runs, how changes leave PostgreSQL, and what the doctor says. */
import { Play, RotateCw, Square, Wrench } from 'lucide-react';
import type { Profile, ServiceView } from '../../console/contract.ts';
import { Page } from '../components/page.tsx';
import { Act } from '../components/query-actions.tsx';
import { LoadingRows } from '../components/states.tsx';
import { useCommand } from '../components/use-command.ts';
import { plural } from '../format.ts';
import { usePart } from '../store.ts';
import { ConnectorCard } from './connector-card.tsx';
import { DoctorPanel } from './doctor-panel.tsx';
import { ServicesCard } from './services-card.tsx';
import { SlotCard } from './slot-card.tsx';
import { useCapture } from './use-capture.ts';
import { PROFILE_WORDS } from './words.ts';

export function Stack() {
  const console = usePart('console');
  const services = usePart('services') ?? [];
  if (!console) {
    return (
      <Page title="Stack">
        <section className="card">
          <LoadingRows rows={10} />
        </section>
      </Page>
    );
  }
  return <Known profile={console.profile} services={services} />;
}

interface KnownProps {
  readonly profile: Profile;
  readonly services: readonly ServiceView[];
}

function Known({ profile, services }: KnownProps) {
  const capture = useCapture();
  const { value: view, failure, look } = capture;
  return (
    <Page
      title="Stack"
      sub={`${PROFILE_WORDS[profile]}${profile === 'docker' ? `, ${plural(services.length, 'service')}` : ''}`}
      actions={profile === 'docker' && <StackActions services={services} />}
    >
      <div className="stack">
        <div className="stack-main">
          <ServicesCard services={services} connector={view?.connector?.state ?? null} />
          <ConnectorCard view={view} failure={failure} onDone={look} />
          <SlotCard view={view} failure={failure} />
        </div>
        <DoctorPanel onFixed={look} />
      </div>
    </Page>
  );
}

function StackActions({ services }: { readonly services: readonly ServiceView[] }) {
  const [busy, run] = useCommand();
  const work = usePart('console')?.work ?? null;
  const why = work ? `${work.step}.` : null;
  const can = (verb: 'start' | 'stop' | 'restart') => services.some(({ verbs }) => verbs?.includes(verb));
  return (
    <div className="row">
      <Act
        label="Repair"
        icon={<Wrench size={13} />}
        why={why ?? (can('restart') ? null : 'Nothing runs that could be restarted: start all.')}
        hint="Restarts kafka, debezium-connect and minio, waits until they are healthy, then restarts the queries."
        busy={busy}
        act={() => run('stack.repair', {}, 'The stack is healthy again.')}
      />
      <Act
        label="Restart all"
        icon={<RotateCw size={13} />}
        why={why ?? (can('restart') ? null : 'Nothing runs that could be restarted.')}
        busy={busy}
        act={() => run('stack.restart', { service: 'all' }, 'All services are restarted and healthy.')}
      />
      {can('stop') && (
        <Act
          label="Stop all"
          icon={<Square size={12} />}
          why={why}
          busy={busy}
          act={() => run('stack.stop', { service: 'all' }, 'All services are stopped. Their data stay.')}
        />
      )}
      {can('start') && (
        <Act
          label="Start all"
          icon={<Play size={13} />}
          why={why}
          busy={busy}
          act={() => run('stack.start', { service: 'all' }, 'All services are up and healthy.')}
        />
      )}
    </div>
  );
}
