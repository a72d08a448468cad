/** The connector of a stack that is not ours: made when it is absent, and otherwise left as it is. */
import type { LogLevel } from '../../pipeline/events.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import { wantedConfig, type ConnectorConfig } from '../connector/config.ts';
import { openConnector } from '../connector/connector.ts';
import type { ConnectSettings } from '../servers.ts';

/** What the connector should be for these servers. */
export function wantedFor(connect: ConnectSettings, captured: PostgresSettings): ConnectorConfig {
  const { user, password, database } = captured;
  const { slot, publication } = connect;
  return wantedConfig({ ...connect.database, user, password, database, slot, publication });
}

/** A connector of somebody else is never changed here: what differs is only told. */
export async function ensureConnector(
  connect: ConnectSettings,
  captured: PostgresSettings,
  log: (level: LogLevel, message: string) => void,
): Promise<void> {
  const connector = openConnector({ url: connect.url, name: connect.connector });
  const wanted = wantedFor(connect, captured);
  const { did, changes } = await connector.compare(wanted);
  if (did === 'created') {
    await connector.ensure(wanted);
    const { state, reason } = await connector.settled();
    log('info', `Created the connector ${connect.connector}: it is ${state}${reason === null ? '' : ` (${reason})`}`);
  }
  // A password is stored as text there, or as a reference to it: that it differs says nothing.
  const differing = changes.filter(({ name }) => name !== 'database.password');
  if (did !== 'updated' || differing.length === 0) return;
  const named = differing.map(({ name, from, to }) => `${name} is ${from ?? 'absent'} instead of ${to ?? 'absent'}`);
  log('warn', `The connector ${connect.connector} is left as it is, though ${named.join(', ')}`);
}
