import { describe, expect, test } from 'vitest';
import type { ConnectorView } from '../../../src/stack/connector/connector.ts';
import type { SlotView } from '../../../src/stack/connector/slot.ts';
import { apiFinding, connectFinding, postgresFinding, topicFinding } from '../../../src/stack/external/findings.ts';

const slot = (change: Partial<SlotView> = {}): SlotView => ({
  name: 'debezium',
  active: true,
  wal: 'reserved',
  retainedBytes: 18 * 1024 ** 2,
  unconfirmedBytes: 0,
  safeBytes: null,
  limitBytes: null,
  confirmedLsn: null,
  currentLsn: '0/0',
  ...change,
});

test.each<[string, SlotView | null, string, string]>([
  ['logical', null, 'OK', 'PostgreSQL 16.9'],
  ['logical', slot(), 'OK', 'PostgreSQL 16.9; 18 MB of WAL held'],
  [
    'logical',
    slot({ active: false }),
    'WARN',
    'PostgreSQL 16.9; 18 MB of WAL held, and nobody reads the slot debezium',
  ],
  ['logical', slot({ wal: 'lost' }), 'WARN', 'PostgreSQL 16.9; the slot debezium has lost its log'],
  ['logical', slot({ retainedBytes: 3 * 1024 ** 3 }), 'WARN', 'PostgreSQL 16.9; 3072 MB of WAL held'],
  ['replica', slot(), 'WARN', 'PostgreSQL 16.9; wal_level is replica, not logical'],
])('PostgreSQL with wal_level %s and the slot %j is %s', (level, seen, state, detail) =>
  expect(postgresFinding('16.9 (Debian 16.9-1)', level, seen)).toEqual({ state, detail }),
);

test('a topic is told by its partitions and records', () => {
  expect(topicFinding('t', [3n, 1_200n]).detail).toBe('t: 2 partitions, 1,203 records');
  expect(topicFinding('t', [0n]).detail).toBe('t: 1 partition, 0 records');
});

describe('the connector', () => {
  const view = (change: Partial<ConnectorView>): ConnectorView => ({
    name: 'postgres-connector',
    state: 'RUNNING',
    connector: 'RUNNING',
    tasks: [],
    reason: null,
    config: {},
    findings: [],
    ...change,
  });
  const finding = {
    name: 'decimal.handling.mode',
    seen: 'precise',
    expected: 'double',
    why: '',
    severity: 'warn' as const,
  };

  test.each<[Partial<ConnectorView>, string, string]>([
    [{}, 'OK', 'postgres-connector is RUNNING'],
    [{ state: 'FAILED', reason: 'X' }, 'FAILED', 'postgres-connector is FAILED: X'],
    [{ state: 'FAILED' }, 'FAILED', 'postgres-connector is FAILED'],
    [{ state: 'ABSENT' }, 'WARN', 'there is no postgres-connector'],
    [{ state: 'PAUSED' }, 'WARN', 'postgres-connector is PAUSED'],
    [{ findings: [finding] }, 'WARN', 'postgres-connector is RUNNING; decimal.handling.mode is precise'],
  ])('%j is %s', (change, state, detail) => expect(connectFinding(view(change))).toEqual({ state, detail }));
});

test.each([
  ['{"model_loaded":true,"model_versions":["a","b"]}', 'OK', 'a, b'],
  ['{"model_loaded":true}', 'OK', 'a model is loaded'],
  ['{"model_loaded":false,"model_versions":[]}', 'WARN', 'no model is loaded: five rules answer'],
  ['{}', 'WARN', 'no model is loaded: five rules answer'],
  ['<html>', 'WARN', '/health answers with no JSON'],
  ['null', 'WARN', '/health answers with no JSON'],
])('an API that says %s is %s', (text, state, detail) => expect(apiFinding(text)).toEqual({ state, detail }));
