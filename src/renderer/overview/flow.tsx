/** The way of a transaction through the services that really run, with rate and lag on the edges. */
import {
  ArrowLeftRight,
  Database,
  FileText,
  ListOrdered,
  Play,
  Send,
  Triangle,
  Zap,
  type LucideIcon,
} from 'lucide-react';
import type { ServiceView } from '../../console/contract.ts';
import { edge, queryWord, Status, type StateWord } from '../components/status.tsx';
import { Card } from '../components/page.tsx';
import { engineWords } from '../handover/runner.tsx';
import { clock, count, longSpan, plural, rate, span } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { usePart } from '../store.ts';

type QueryName = 'bronze' | 'alert';

export function Flow() {
  const deadLetters = Object.values(usePart('queries') ?? {}).reduce((sum, query) => sum + query.totals.deadLetters, 0);
  return (
    <Card
      title="Flow"
      sub="rate above each edge, lag below"
      actions={<span className="text ink-3">{plural(deadLetters, 'dead letter')}</span>}
    >
      <div className="flow">
        <Service names={['producer', 'data-producer']} icon={FileText} short="Producer" />
        <ProducerEdge />
        <Service names={['postgres']} icon={Database} short="Postgres" />
        <Edge />
        <Service names={['capture', 'debezium-connect']} icon={ArrowLeftRight} short="Capture" />
        <TopicEdge />
        <Service names={['topic', 'kafka']} icon={ListOrdered} short="Topic" />
        <div className="flow-fork">
          <Branch name="bronze" />
          <Branch name="alert" />
        </div>
        <div className="flow-branches">
          <div className="flow-line">
            <Query name="bronze" />
            <Edge />
            <Table />
          </div>
          <div className="flow-line">
            <Query name="alert" />
            <Edge />
            <Service names={['fraud-api']} icon={Zap} short="Fraud API" />
            <AlertEdge />
            <Slack />
          </div>
        </div>
      </div>
    </Card>
  );
}

interface NodeProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly word: StateWord;
  readonly detail: string;
  readonly href?: string;
  readonly wide?: boolean;
}

function Node({ icon: Icon, title, word, detail, href, wide = false }: NodeProps) {
  const className = `flow-node ${edge(word)} ${wide ? 'wide' : ''}`;
  const content = (
    <>
      <span className="row" style={{ gap: 5 }}>
        <Icon size={13} strokeWidth={1.5} className="ink-3" />
        <span className="text strong cut">{title}</span>
      </span>
      <Status word={word} />
      <span className="small ink-3 cut" title={detail}>
        {detail}
      </span>
    </>
  );
  if (href === undefined) return <div className={className}>{content}</div>;
  return (
    <a className={className} href={href}>
      {content}
    </a>
  );
}

interface ServiceProps {
  /** The same station has another name on another stack. */
  readonly names: readonly ServiceView['name'][];
  readonly icon: LucideIcon;
  readonly short: string;
}

function Service({ names, icon, short }: ServiceProps) {
  const service = usePart('services')?.find(({ name }) => names.includes(name));
  const producer = usePart('producer');
  if (names.includes('producer') && producer) {
    const word = producer.running ? 'RUNNING' : 'PAUSED';
    return <Node icon={icon} title={short} word={word} detail={`${count(producer.sent)} sent`} />;
  }
  if (!service) return <Node icon={icon} title={short} word="STOPPED" detail="not of this stack" />;
  return <Node icon={icon} title={short} word={service.state} detail={service.detail} />;
}

function Query({ name }: { readonly name: QueryName }) {
  const query = usePart('queries')?.[name];
  if (!query) return null;
  const last = query.batches[0];
  const time = query.triggerMs === 0 ? 'a batch' : `of ${longSpan(query.triggerMs)}`;
  const own = last ? `${span(last.batchDuration)} ${time}` : 'no batch yet';
  const detail = query.runner ? engineWords(query.runner) : own;
  const title = name === 'bronze' ? 'Bronze' : 'Alert';
  return <Node icon={Play} title={title} word={queryWord(query)} detail={detail} href={link('queries', name)} />;
}

function Table() {
  const zone = useZone();
  const table = usePart('table');
  const lakehouse = usePart('services')?.find(({ name }) => name === 'lakehouse' || name === 'minio');
  const detail =
    table?.version == null
      ? 'no version yet'
      : `v${table.version} · ${plural(table.rows, 'row')}${table.lastCommitAt === null ? '' : ` · ${clock(table.lastCommitAt, zone)}`}`;
  return <Node icon={Triangle} title="Delta table" word={lakehouse?.state ?? 'WAITING'} detail={detail} wide />;
}

function Slack() {
  const slack = usePart('console')?.slack ?? 'off';
  const sent = usePart('totals')?.deliveries.sent ?? 0;
  const service = usePart('services')?.find(({ name }) => name === 'slack-preview');
  const word = slack === 'off' ? 'STOPPED' : slack === 'preview' ? (service?.state ?? 'OK') : 'OK';
  const detail = slack === 'off' ? 'off, no URL' : `${count(sent)} ${slack === 'preview' ? 'in preview' : 'sent'}`;
  return <Node icon={Send} title="Slack" word={word} detail={detail} href={link('deliveries')} />;
}

interface EdgeProps {
  readonly above?: string | undefined;
}

function Edge({ above }: EdgeProps) {
  return (
    <div className="flow-edge">
      <span className="small ink-2 nowrap">{above}</span>
      <i />
    </div>
  );
}

function ProducerEdge() {
  const producer = usePart('producer');
  return <Edge above={producer ? `${rate(producer.rowsPerSecond)}/s` : undefined} />;
}

function TopicEdge() {
  const lag = usePart('lag');
  const known = lag?.bronze ?? lag?.alert;
  return <Edge above={known ? `${rate(known.produced)}/s` : undefined} />;
}

function AlertEdge() {
  const totals = usePart('totals');
  if (!totals) return <Edge />;
  const { HIGH, MEDIUM, LOW } = totals.byLevel;
  return <Edge above={`${count(HIGH.hour + MEDIUM.hour + LOW.hour)}/h`} />;
}

function Branch({ name }: { readonly name: QueryName }) {
  const lag = usePart('lag')?.[name];
  const query = usePart('queries')?.[name];
  const tone = query?.verdict === 'WARN' ? 'tone-med' : query?.verdict === 'STALLED' ? 'tone-high' : 'ink-3';
  return (
    <div className={`flow-branch ${name} ${tone}`}>
      <span className="small ink-2">{lag ? `${rate(lag.consumed)}/s` : ''}</span>
      <i />
      <span className="small">
        {lag ? `${count(lag.total)} behind${lag.oldestMs === null ? '' : ` · ${longSpan(lag.oldestMs)}`}` : ''}
      </span>
    </div>
  );
}
