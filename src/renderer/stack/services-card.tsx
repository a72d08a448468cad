import {
  ArrowLeftRight,
  Database,
  FileText,
  FolderTree,
  ListOrdered,
  Play,
  RotateCw,
  Send,
  Square,
  TextAlignStart,
  Zap,
  type LucideIcon,
} from 'lucide-react';
import { useState } from 'react';
import type { ComposeService, ConnectorState, ServiceView } from '../../console/contract.ts';
import { useNow } from '../clock.ts';
import { IconAct } from '../components/icon-act.tsx';
import { Empty } from '../components/states.tsx';
import { Status } from '../components/status.tsx';
import { useCommand } from '../components/use-command.ts';
import { bytes, longSpan } from '../format.ts';
import { usePart } from '../store.ts';
import { ServiceLogSheet } from './service-log.tsx';
import { portsOf, serviceState, whyNot } from './words.ts';

interface ServicesCardProps {
  readonly services: readonly ServiceView[];
  readonly connector: ConnectorState | null;
}

export function ServicesCard({ services, connector }: ServicesCardProps) {
  const [log, setLog] = useState<ComposeService | null>(null);
  const inContainers = services.some(({ container, verbs }) => container ?? verbs);
  const work = usePart('console')?.work ?? null;
  if (services.length === 0) {
    return (
      <section className="card" aria-label="Services">
        <Empty title="No service is known yet">
          <p>They come one by one while the stack starts.</p>
        </Empty>
      </section>
    );
  }
  return (
    <section className="card stack-services" aria-label="Services">
      <table className={`table services ${inContainers ? 'containers' : 'processes'}`}>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">State</th>
            {inContainers ? <ContainerHeads /> : <ProcessHeads />}
          </tr>
        </thead>
        <tbody>
          {services.map((service) => (
            <tr key={service.name}>
              <td title={service.title}>
                <span className="row">
                  <Icon name={service.name} />
                  <b className="cut">{inContainers ? service.name : service.title}</b>
                </span>
              </td>
              <td title={service.detail}>
                <Status {...serviceState(service, connector)} />
              </td>
              {inContainers ? <ContainerCells service={service} onLog={setLog} /> : <ProcessCells service={service} />}
            </tr>
          ))}
        </tbody>
      </table>
      {work && (
        <div className="section row" role="status">
          <Status word="RESTARTING" text={work.step} />
        </div>
      )}
      {log && <ServiceLogSheet service={log} onClose={() => setLog(null)} />}
    </section>
  );
}

function ContainerHeads() {
  return (
    <>
      <th scope="col">Ports</th>
      <th scope="col" className="num">
        CPU
      </th>
      <th scope="col" className="num">
        Memory
      </th>
      <th scope="col" className="num">
        Up
      </th>
      <th scope="col" className="num">
        <span className="hidden-text">Actions</span>
      </th>
    </>
  );
}

function ProcessHeads() {
  return (
    <>
      <th scope="col">Address</th>
      <th scope="col" className="num">
        Process
      </th>
      <th scope="col">What it says</th>
    </>
  );
}

interface ContainerCellsProps {
  readonly service: ServiceView;
  readonly onLog: (service: ComposeService) => void;
}

function ContainerCells({ service, onLog }: ContainerCellsProps) {
  const now = useNow();
  const { container } = service;
  return (
    <>
      <td className="mono" title={service.address ?? undefined}>
        {portsOf(service) || (service.address ?? 'none')}
      </td>
      <td className="num">{container?.cpuPercent == null ? '–' : `${container.cpuPercent.toFixed(1)}%`}</td>
      <td className="num">{container?.memoryBytes == null ? '–' : memory(container.memoryBytes)}</td>
      <td className="num">{container?.upSince == null ? '–' : longSpan(now - container.upSince)}</td>
      <td className="num">
        <ServiceActions service={service} onLog={onLog} />
      </td>
    </>
  );
}

function ProcessCells({ service }: { readonly service: ServiceView }) {
  const { address, pid, detail } = service;
  return (
    <>
      <td className="mono" title={address ?? undefined}>
        {address ?? 'none'}
      </td>
      <td className="num mono">{pid ?? '–'}</td>
      <td title={detail}>{detail}</td>
    </>
  );
}

function ServiceActions({ service, onLog }: ContainerCellsProps) {
  const [busy, run] = useCommand();
  const work = usePart('console')?.work ?? null;
  const name = service.name as ComposeService;
  const why = (verb: 'start' | 'stop' | 'restart' | 'logs') => whyNot(service, verb, verb === 'logs' ? null : work);
  const stopped = service.verbs?.includes('start') === true && !service.verbs.includes('stop');
  return (
    <span className="row icon-acts">
      <IconAct
        label={`Log of ${name}`}
        icon={<TextAlignStart size={13} />}
        why={why('logs')}
        busy={false}
        act={() => onLog(name)}
      />
      <IconAct
        label={`Restart ${name}`}
        icon={<RotateCw size={13} />}
        why={why('restart')}
        busy={busy}
        act={() => run('stack.restart', { service: name }, `${name} is restarted.`)}
      />
      {stopped ? (
        <IconAct
          label={`Start ${name}`}
          icon={<Play size={13} />}
          why={why('start')}
          busy={busy}
          act={() => run('stack.start', { service: name }, `${name} is up.`)}
        />
      ) : (
        <IconAct
          label={`Stop ${name}`}
          icon={<Square size={12} />}
          why={why('stop')}
          busy={busy}
          act={() => run('stack.stop', { service: name }, `${name} is stopped.`)}
        />
      )}
    </span>
  );
}

/** Whole units: the digit behind the point would change with every look. */
const memory = (size: number): string => bytes(size).replace(/\.\d/, '');

const ICONS: Readonly<Record<ServiceView['name'], LucideIcon>> = {
  postgres: Database,
  kafka: ListOrdered,
  'debezium-connect': ArrowLeftRight,
  minio: FolderTree,
  'fraud-api': Zap,
  'data-producer': FileText,
  capture: ArrowLeftRight,
  topic: ListOrdered,
  lakehouse: FolderTree,
  'slack-preview': Send,
  producer: FileText,
};

function Icon({ name }: { readonly name: ServiceView['name'] }) {
  const Shape = ICONS[name];
  return <Shape size={15} strokeWidth={1.5} className="ink-3 fixed-icon" aria-hidden />;
}
