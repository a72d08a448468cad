/** What the answers of servers mean to people. Pure. */
import type { ConnectorView } from '../connector/connector.ts';
import type { SlotView } from '../connector/slot.ts';

export interface Finding {
  readonly state: 'OK' | 'WARN' | 'FAILED';
  /** One short sentence. */
  readonly detail: string;
}

/** Above this much held log something does not read: a person should look. */
const WAL_WARNING = 2 * 1024 ** 3;

export function postgresFinding(version: string, walLevel: string, slot: SlotView | null): Finding {
  const named = `PostgreSQL ${version.split(' ')[0] ?? version}`;
  if (walLevel !== 'logical') return { state: 'WARN', detail: `${named}; wal_level is ${walLevel}, not logical` };
  if (slot === null) return { state: 'OK', detail: named };
  const held = `${named}; ${megabytes(slot.retainedBytes)} of WAL held`;
  if (slot.wal === 'lost') return { state: 'WARN', detail: `${named}; the slot ${slot.name} has lost its log` };
  if (!slot.active) return { state: 'WARN', detail: `${held}, and nobody reads the slot ${slot.name}` };
  return { state: slot.retainedBytes > WAL_WARNING ? 'WARN' : 'OK', detail: held };
}

/** @param sizes records that each partition holds now */
export function topicFinding(topic: string, sizes: readonly bigint[]): Finding {
  const records = sizes.reduce((sum, size) => sum + size, 0n);
  const partitions = sizes.length === 1 ? '1 partition' : `${sizes.length} partitions`;
  return { state: 'OK', detail: `${topic}: ${partitions}, ${records.toLocaleString('en-US')} records` };
}

export function connectFinding({ name, state, reason, findings }: ConnectorView): Finding {
  const told = `${name} is ${state}`;
  if (state === 'FAILED') return { state: 'FAILED', detail: reason === null ? told : `${told}: ${reason}` };
  if (state !== 'RUNNING') return { state: 'WARN', detail: state === 'ABSENT' ? `there is no ${name}` : told };
  const [wrong] = findings;
  return wrong ? { state: 'WARN', detail: `${told}; ${wrong.name} is ${wrong.seen}` } : { state: 'OK', detail: told };
}

export function apiFinding(text: string): Finding {
  const health = parse(text);
  if (health === null) return { state: 'WARN', detail: '/health answers with no JSON' };
  if (health['model_loaded'] !== true) return { state: 'WARN', detail: 'no model is loaded: five rules answer' };
  const versions = health['model_versions'];
  const named = Array.isArray(versions) && versions.length > 0 ? versions.join(', ') : 'a model is loaded';
  return { state: 'OK', detail: named };
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MB`;
