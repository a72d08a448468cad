/** What the doctor looks at: addresses and settings as plain data, whatever stack they come from. Pure. */
import type { QueryName } from '../../pipeline/events.ts';
import type { PostgresSettings, SourceSettings } from '../../pipeline/job-settings.ts';
import type { StoreLocation } from '../../pipeline/store/location.ts';
import { wantedConfig, type ConnectorConfig } from '../connector/config.ts';
import { CAPTURE_DEFAULTS } from '../embedded/capture-settings.ts';
import type { ConnectSettings, Servers } from '../servers.ts';
import type { Endpoints, Profile, ServiceView } from '../stack.ts';
import { parseUrl } from '../../pipeline/url.ts';

export interface Patient {
  readonly profile: Profile;
  /** The data folder, absolute. */
  readonly home: string;
  /** Null while the embedded stack does not run: nothing behind it can be asked then. */
  readonly servers: PatientServers | null;
  readonly table: StoreLocation;
  readonly checkpoints: Readonly<Record<QueryName, StoreLocation>>;
  /** Run ids that this console itself has given out: a lease of one of them is ours. */
  readonly ownRuns: readonly string[];
  readonly slack: SlackForm;
  readonly ports: readonly WantedPort[];
  /** Ports of this machine that our own containers have published; null where that is not known. */
  readonly published: readonly number[] | null;
  /** The folder of the numbered migrations of frauddb; null where it is not known. */
  readonly migrations: string | null;
}

export interface PatientServers {
  readonly source: SourceSettings;
  readonly captured: PostgresSettings;
  readonly serving: PostgresSettings;
  readonly servingDatabase: 'captured' | 'separate';
  readonly slot: string;
  readonly publication: string;
  /** Null on the embedded stack, which captures by itself. */
  readonly connect: ConnectTarget | null;
  readonly fraudApiUrl: string;
}

export interface ConnectTarget {
  readonly url: string;
  readonly name: string;
  readonly wanted: ConnectorConfig;
}

/** How alerts go, without the address. `wrong` says why it may not be used. */
export type SlackForm =
  { readonly kind: 'webhook' | 'preview' | 'empty' | 'unset' } | { readonly kind: 'wrong'; readonly why: string };

/** A port of 127.0.0.1 that a service of the stack is to have. */
export interface WantedPort {
  readonly service: string;
  readonly port: number;
  /** Whose it must be; null for a container, whose process is not ours to know. */
  readonly pid: number | null;
}

/** Servers that stand outside of Sluice. @param serving a serving database of its own, or null */
export function fromServers(servers: Servers, serving: PostgresSettings | null): PatientServers {
  const { kafka, connect, captured, fraudApiUrl } = servers;
  return {
    source: kafka,
    captured,
    ...servingOf(captured, serving),
    slot: connect?.slot ?? CAPTURE_DEFAULTS.slot,
    publication: connect?.publication ?? CAPTURE_DEFAULTS.publication,
    connect: connect && toTarget(connect, captured),
    fraudApiUrl,
  };
}

/** The embedded stack, once it is up. */
export function fromEndpoints(
  { source, serving: captured, fraudApiUrl }: Endpoints,
  serving: PostgresSettings | null,
): PatientServers {
  const { slot, publication } = CAPTURE_DEFAULTS;
  return { source, captured, ...servingOf(captured, serving), slot, publication, connect: null, fraudApiUrl };
}

/** The connector as Sluice wants it. */
export function toTarget(connect: ConnectSettings, captured: PostgresSettings): ConnectTarget {
  const { url, connector: name, slot, publication, database } = connect;
  return {
    url,
    name,
    wanted: wantedConfig({ ...captured, ...database, database: captured.database, slot, publication }),
  };
}

/** The ports of this machine that the services say they have. */
export function portsOf(services: readonly ServiceView[]): WantedPort[] {
  return services.flatMap(({ title: service, address, pid, container }): WantedPort[] => {
    if (container) return container.ports.map(({ host: port }) => ({ service, port, pid: null }));
    const port = /^127\.0\.0\.1:(\d+)$/.exec(address ?? '')?.[1];
    return port === undefined || pid === null ? [] : [{ service, port: Number(port), pid }];
  });
}

/** Null before docker has told of a container. */
export function publishedBy(services: readonly ServiceView[]): readonly number[] | null {
  const containers = services.flatMap(({ container }) => (container ? [container] : []));
  return containers.length === 0 ? null : containers.flatMap(({ ports }) => ports.map(({ host }) => host));
}

/** The ports of this machine at which the servers are looked for. */
export function portsOfServers({ kafka, connect, captured, lakehouse, fraudApiUrl }: Servers): WantedPort[] {
  const { table } = lakehouse;
  const urls = [
    ['PostgreSQL', `tcp://${captured.host}:${captured.port}`],
    ...kafka.brokers.map((broker) => ['Kafka', `tcp://${broker}`]),
    ['Kafka Connect', connect?.url ?? ''],
    ['S3', (table.kind === 's3' ? table.endpoint : null) ?? ''],
    ['Fraud API', fraudApiUrl],
  ] as const;
  return urls.flatMap(([service = '', url = '']) => {
    const { hostname = '', port = '' } = parseUrl(url) ?? {};
    return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) && port !== ''
      ? [{ service, port: Number(port), pid: null }]
      : [];
  });
}

const servingOf = (captured: PostgresSettings, serving: PostgresSettings | null) => ({
  serving: serving ?? captured,
  servingDatabase: serving ? ('separate' as const) : ('captured' as const),
});
