/** What a command may be asked with. `commands.ts` checks against it, wherever a command comes from. */
import { z } from 'zod';
import { CLEAR_FROM, DEAD_LETTER_CODES } from '../pipeline/events.ts';
import { CHECK_IDS } from '../stack/doctor/report.ts';
import { COMPOSE_SERVICES } from '../stack/stack.ts';

const query = z.enum(['bronze', 'alert']);
const from = z.enum(CLEAR_FROM);
const offset = z.string().regex(/^\d{1,19}$/);
const gap = z.strictObject({ partition: z.number().int().min(0), from: offset, to: offset });
const queries = z.enum(['bronze', 'alert', 'all']);
const transNums = z.array(z.string().min(1).max(100)).min(1).max(500);
const letterId = z.string().max(120);
/** Dead letters: those that `query` found, of one reason, or chosen one by one. */
const letters = { query: queries.default('all'), reason: z.enum(DEAD_LETTER_CODES).optional() };
const chosen = { ...letters, ids: z.array(letterId).min(1).max(200).optional() };
const composeService = z.enum(COMPOSE_SERVICES);
const composeServices = z.enum(['all', ...COMPOSE_SERVICES]).default('all');
const page = { from: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(200).default(50) };

/** Command name -> schema of its arguments. */
export const COMMANDS = {
  snapshot: z.strictObject({}),
  'query.start': z.strictObject({ query: queries }),
  'query.stop': z.strictObject({ query: queries }),
  'query.restart': z.strictObject({ query: queries }),
  'checkpoint.preview': z.strictObject({ query, from }),
  /** `confirm` is the name of the query, typed by the person. Stops, moves to the trash, mints a new query id, starts. */
  'checkpoint.clear': z.strictObject({ query, from, confirm: z.string().max(20) }),
  /** What the topic has removed before the query read it. */
  'loss.preview': z.strictObject({ query }),
  /** Gives up exactly these offsets, as the preview showed them, and starts the query. */
  'loss.accept': z.strictObject({ query, gaps: z.array(gap).min(1).max(10_000) }),
  /** What taking a query over from Spark would do, and whether it can be done now. Only looks. */
  'takeOver.plan': z.strictObject({ query }),
  /** `lastCommit`: the newest confirmed batch, as it was shown. Anything else is refused. */
  'takeOver.confirm': z.strictObject({
    query,
    lastCommit: z.number().int().min(0).nullable(),
    sparkIsStopped: z.boolean().default(false),
  }),
  /** What to run where Spark is to take a query over. */
  'handOver.plan': z.strictObject({ query }),
  /** Alert gives its lease back, and from now on only scores what waits and sends what Spark stores. Sets `alert.engine`. */
  'handOver.leave': z.strictObject({}),
  'table.health': z.strictObject({}),
  'table.history': z.strictObject({ limit: z.number().int().min(1).max(1000).default(20) }),
  /** Puts small files together. */
  'table.optimize': z.strictObject({ dryRun: z.boolean().default(false) }),
  /** Deletes what nothing refers to; only says what it would delete unless `delete` is true. */
  'table.vacuum': z.strictObject({ delete: z.boolean().default(false) }),
  'producer.start': z.strictObject({}),
  'producer.pause': z.strictObject({}),
  'producer.test': z.strictObject({ kind: z.enum(['normal', 'suspicious']) }),
  'producer.scenario': z.strictObject({ name: z.enum(['card-theft', 'late-night']) }),
  /** Lets alerts go again after Slack had refused for good. */
  'alerts.resume': z.strictObject({}),
  /** Sends one message that tells of no transaction; answers once Slack has accepted it. */
  'alerts.test': z.strictObject({}),
  /** What a person decides about alerts that are held or that Slack did not take. */
  'alerts.resend': z.strictObject({ transNums }),
  'alerts.discard': z.strictObject({ transNums }),
  'deadLetters.list': z.strictObject({ ...letters, ...page }),
  'deadLetters.notes': z.strictObject({ column: z.string().max(60).optional(), ...page }),
  /** `from`: the first byte to show; null for where reading ended. */
  'deadLetters.show': z.strictObject({ id: letterId, from: z.number().int().min(0).nullable().default(null) }),
  'deadLetters.dryRun': z.strictObject(chosen),
  /** Each query with letters among them finishes its batch, stands still for the replay, and goes on. */
  'deadLetters.replay': z.strictObject(chosen),
  /** Writes the letters, masked, as JSON lines into the data folder. */
  'deadLetters.export': z.strictObject(letters),
  /** Writes the bytes of one letter, as they are, into the data folder. */
  'deadLetters.save': z.strictObject({ id: letterId }),
  /** Of the docker stack; each answers when it is done and what runs is healthy. `all` starts and stops the queries too. */
  'stack.start': z.strictObject({ service: composeServices }),
  'stack.stop': z.strictObject({ service: composeServices }),
  'stack.restart': z.strictObject({ service: composeServices }),
  /** Stops the queries, removes the containers and keeps all data. */
  'stack.down': z.strictObject({}),
  /** Restarts kafka, debezium-connect and minio, waits until they are healthy, then restarts the queries. */
  'stack.repair': z.strictObject({}),
  'stack.logs': z.strictObject({
    service: composeService,
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(1000).default(200),
  }),
  /** Follows one transaction from its change event to the file and the message it ended in. */
  'transaction.trace': z.strictObject({ transNum: z.string().trim().min(1).max(100) }),
  /** Asks the fraud API for the reasons of a stored score, a fraud or not. */
  'transaction.explain': z.strictObject({ transNum: z.string().trim().min(1).max(100) }),
  /** Looks at everything that the queries stand on; only looks. */
  'doctor.run': z.strictObject({}),
  /** `will` is what the finding said would be run, as it was shown: anything else is refused. Makes the check again. */
  'doctor.fix': z.strictObject({ id: z.enum(CHECK_IDS), will: z.array(z.string().max(500)).min(1).max(50) }),
  'connector.view': z.strictObject({}),
  /** Only says what it would change unless `confirm` is true. */
  'connector.ensure': z.strictObject({ confirm: z.boolean().default(false) }),
  /** Restarts what has failed. This one and the next two answer when the connector has settled. */
  'connector.restart': z.strictObject({}),
  'connector.pause': z.strictObject({}),
  'connector.resume': z.strictObject({}),
  'logs.read': z.strictObject({
    /** Only lines with a higher id. */
    after: z.number().int().min(0).optional(),
    grep: z.string().max(200).optional(),
    limit: z.number().int().min(1).max(1000).default(200),
  }),
} as const;
