/** The captured PostgreSQL: its log, publication, slot, tables. All statements of the checks only read. */
import { systemClock } from '../../../pipeline/clock.ts';
import type { Sql } from '../../../pipeline/sql.ts';
import { readSlot, type SlotView } from '../../connector/slot.ts';
import { byHand, byUs, failed, passed, warned, type Check } from '../check.ts';
import type { Instruments } from '../instruments.ts';
import type { ConnectTarget, Patient, PatientServers } from '../patient.ts';
import type { CheckId, Finding, Fix } from '../report.ts';
import { bytes, sqlName, sqlText } from '../words.ts';
import { lookAtMigrations, lookAtSchema, migrateNow } from './schema.ts';
import { lookAtServing } from './serving.ts';

const GIB = 1024 ** 3;
const MUCH_WAL = 2 * GIB;
/** The part of the limit from which on somebody should look. */
const FULL = 0.75;
const TABLE = 'public.transactions';
const NOT_RUNNING = 'the embedded stack does not run';

export function postgresChecks(patient: Patient): Check[] {
  const { servers } = patient;
  const at = servers ? `${servers.captured.database} at ${servers.captured.host}:${servers.captured.port}` : 'frauddb';
  const isEmbedded = patient.profile === 'embedded';
  const check = (
    id: CheckId,
    title: string,
    looked: string,
    look: (sql: Sql, servers: PatientServers, tools: Instruments) => Promise<Finding>,
    repair?: (sql: Sql, servers: PatientServers, tools: Instruments) => Promise<unknown>,
  ): Check => ({
    id,
    group: 'postgres',
    title,
    looked,
    needs: id === 'postgres' ? [] : ['postgres'],
    skip: servers ? null : NOT_RUNNING,
    look: (tools) => look(tools.sql(needed(servers).captured), needed(servers), tools),
    ...(repair && {
      repair: async (tools: Instruments) =>
        void (await repair(tools.sql(needed(servers).captured), needed(servers), tools)),
    }),
  });
  return [
    check('postgres', 'PostgreSQL answers', at, lookAtServer),
    check('wal-level', 'wal_level is logical', `wal_level, slots and senders of ${at}`, lookAtWalLevel),
    check('publication', 'Publication has the table', `pg_publication_tables of ${at}`, lookAtPublication, publish),
    check(
      'slot',
      'Slot is read',
      `pg_replication_slots of ${at}`,
      (sql, all) => lookAtSlot(sql, all, isEmbedded),
      beginAnew,
    ),
    check(
      'replica-identity',
      'Updates and deletes can be sent',
      `the replica identity of ${TABLE}`,
      lookAtIdentity,
      identify,
    ),
    check('schema', 'Tables of frauddb are as they should be', `the tables of ${at}`, lookAtSchema),
    {
      ...check(
        'migrations',
        'Migrations are applied',
        `sluice_migrations.applied of ${at}`,
        (sql) => lookAtMigrations(sql, patient.migrations ?? ''),
        (_, { captured }) => migrateNow(captured, patient.migrations ?? ''),
      ),
      ...(servers && patient.migrations === null && { skip: 'the migrations of this version are not at hand' }),
    },
    check('serving', 'Alert stores where it should', 'the captured and the serving database', (_, all, tools) =>
      lookAtServing(tools, all),
    ),
  ];
}

async function lookAtServer(sql: Sql): Promise<Finding> {
  const [row] = await sql.query<{ version: string; recovery: boolean }>(
    `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS recovery`,
  );
  const expected = 'a server that can be written';
  if (row?.recovery !== true) return passed(`PostgreSQL ${row?.version ?? ''}`, expected);
  return failed('a standby, which can only be read', expected, byHand('Set POSTGRES_HOST to the primary server.'));
}

async function lookAtWalLevel(sql: Sql): Promise<Finding> {
  const [row] = await sql.query<{ level: string; slots: string; used: string }>(
    `SELECT current_setting('wal_level') AS level, current_setting('max_replication_slots') AS slots,
       (SELECT count(*) FROM pg_replication_slots)::text AS used`,
  );
  const { level = '', slots = '0', used = '0' } = row ?? {};
  const seen = `${level}, ${used} of ${slots} slots used`;
  const expected = 'logical, and a free slot for the connector';
  if (level !== 'logical') {
    const text = 'Debezium needs it. It takes a restart of PostgreSQL.';
    return failed(seen, expected, byHand(text, `ALTER SYSTEM SET wal_level = 'logical';  -- then restart PostgreSQL`));
  }
  return passed(seen, expected);
}

interface PublishedRow extends Record<string, unknown> {
  readonly all: boolean;
  readonly tables: readonly string[];
}

async function lookAtPublication(sql: Sql, { publication }: PatientServers): Promise<Finding> {
  const [row] = await sql.query<PublishedRow>(
    `SELECT puballtables AS all, array(SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = $1) AS tables
     FROM pg_publication WHERE pubname = $1`,
    [publication],
  );
  const expected = `${publication} with ${TABLE}, and nothing of Sluice’s own`;
  if (!row) {
    const text = 'No change leaves PostgreSQL without it.';
    return failed(
      `there is no publication ${publication}`,
      expected,
      bySql(text, 'Create publication', create(publication)),
    );
  }
  if (!row.tables.includes(TABLE)) {
    const seen = `${publication} has ${row.tables.length === 0 ? 'no table' : row.tables.join(', ')}`;
    return failed(seen, expected, bySql('Changes of the table are not sent.', 'Add table', add(publication)));
  }
  const own = row.tables.filter((table) => table.startsWith('sluice.'));
  if (own.length === 0) return passed(`${publication} has ${row.tables.join(', ')}`, expected);
  const text =
    'Sluice’s own tables are sent as well: what Alert stores comes back as changes. Limit it to the one table.';
  const command = row.all
    ? `DROP PUBLICATION ${sqlName(publication)}; ${create(publication)};`
    : `ALTER PUBLICATION ${sqlName(publication)} SET TABLE ${TABLE};`;
  return warned(`${publication} also has ${own.slice(0, 3).join(', ')}`, expected, byHand(text, command));
}

async function publish(sql: Sql, { publication }: PatientServers): Promise<void> {
  const found = await sql.query('SELECT 1 FROM pg_publication WHERE pubname = $1', [publication]);
  await sql.query(found.length === 0 ? create(publication) : add(publication));
}

const create = (publication: string): string => `CREATE PUBLICATION ${sqlName(publication)} FOR TABLE ${TABLE}`;
const add = (publication: string): string => `ALTER PUBLICATION ${sqlName(publication)} ADD TABLE ${TABLE}`;

async function lookAtSlot(sql: Sql, { slot: name, connect }: PatientServers, isEmbedded: boolean): Promise<Finding> {
  const slot = await readSlot(sql, name);
  const expected = 'a slot that is read, with little log kept for it';
  const reader = isEmbedded
    ? 'Restart Sluice: its change capture makes and reads the slot.'
    : 'Restart the connector: it makes and reads the slot.';
  if (slot === null) return failed(`there is no slot ${name}`, expected, byHand(reader));
  const seen = `${name} ${slot.active ? 'is read' : 'has no reader'}; ${bytes(slot.retainedBytes)} kept${limitOf(slot)}`;
  if (slot.wal === 'lost')
    return failed(`${name} is lost: its log has been removed`, expected, renew(name, connect, isEmbedded));
  if (!slot.active) return warned(seen, expected, byHand(`${reader} Until then PostgreSQL keeps its log.`));
  const isShort =
    slot.wal === 'unreserved' || (slot.limitBytes !== null && slot.retainedBytes > FULL * slot.limitBytes);
  const fix = byHand(
    'It is read too slowly, or other tables write while this one rests. Find out why before the disk is full or the slot is lost.',
    'SELECT * FROM pg_replication_slots;',
  );
  return isShort || slot.retainedBytes > MUCH_WAL ? warned(seen, expected, fix) : passed(seen, expected);
}

const limitOf = ({ safeBytes }: SlotView): string =>
  safeBytes === null ? '' : `, ${bytes(Math.max(0, safeBytes))} until it is lost`;

/** A lost slot cannot be repaired; all rows come again. */
function renew(name: string, connect: ConnectTarget | null, isEmbedded: boolean): Fix {
  const again = 'All rows are read again and come as snapshot reads (op r): Bronze stores them once more.';
  const drop = `SELECT pg_drop_replication_slot(${sqlText(name)})`;
  if (isEmbedded) return byHand(`Restart Sluice: its change capture makes a new slot. ${again}`);
  if (connect === null) return byHand(`Let whoever captures begin anew. ${again}`, `${drop};`);
  const path = `/connectors/${connect.name}`;
  return byUs(again, 'Begin anew', [`PUT ${path}/stop`, `DELETE ${path}/offsets`, drop, `PUT ${path}/resume`]);
}

/** Resolves when the new slot is read, or when it takes too long, which the check then tells. */
async function beginAnew(sql: Sql, { slot, connect }: PatientServers, tools: Instruments): Promise<void> {
  if (connect === null) return;
  const connector = tools.connector(connect);
  await connector.stop();
  await connector.forgetOffsets();
  await sql.query('SELECT pg_drop_replication_slot($1)', [slot]);
  await connector.resume();
  for (let looks = 0; looks < LOOKS && (await readSlot(sql, slot))?.active !== true; looks += 1) {
    await systemClock.sleep(LOOK_MS, new AbortController().signal);
  }
}

const LOOKS = 60;
const LOOK_MS = 500;

async function lookAtIdentity(sql: Sql): Promise<Finding> {
  const [row] = await sql.query<{ identity: string; key: boolean }>(
    `SELECT relreplident AS identity, EXISTS (SELECT 1 FROM pg_index WHERE indrelid = c.oid AND indisprimary) AS key
     FROM pg_class c WHERE oid = to_regclass($1)`,
    [TABLE],
  );
  const expected = 'a primary key, or replica identity full';
  if (!row)
    return failed(`there is no table ${TABLE}`, expected, byHand('See "Tables of frauddb are as they should be".'));
  const { identity, key } = row;
  const seen = `replica identity ${IDENTITIES[identity] ?? identity}${key ? ', with a primary key' : ', without a primary key'}`;
  if (identity === 'f' || identity === 'i' || (identity === 'd' && key)) return passed(seen, expected);
  const text = 'PostgreSQL refuses updates and deletes of a published table that it cannot tell rows of.';
  return failed(
    seen,
    expected,
    bySql(text, 'Set identity', identity === 'n' && key ? DEFAULT_IDENTITY : FULL_IDENTITY),
  );
}

const IDENTITIES: Readonly<Record<string, string>> = { d: 'default', n: 'nothing', f: 'full', i: 'index' };
const DEFAULT_IDENTITY = `ALTER TABLE ${TABLE} REPLICA IDENTITY DEFAULT`;
const FULL_IDENTITY = `ALTER TABLE ${TABLE} REPLICA IDENTITY FULL`;

async function identify(sql: Sql): Promise<void> {
  const { fix } = await lookAtIdentity(sql);
  if (fix?.action) await sql.query(fix.action.will[0] === DEFAULT_IDENTITY ? DEFAULT_IDENTITY : FULL_IDENTITY);
}

const bySql = (text: string, label: string, statement: string): Fix => byUs(text, label, [statement], `${statement};`);

function needed(servers: PatientServers | null): PatientServers {
  if (servers === null) throw new Error('PostgreSQL was looked at without its address');
  return servers;
}
