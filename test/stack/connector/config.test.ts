import { describe, expect, it } from 'vitest';
import { diffConfig, lintConfig, maskConfig, wantedConfig } from '../../../src/stack/connector/config.ts';

const TARGET = {
  host: 'postgres',
  port: 5432,
  user: 'postgres',
  password: 'never-shown',
  database: 'frauddb',
  slot: 'debezium',
  publication: 'dbz_publication',
};
const WANTED = wantedConfig(TARGET);

describe('the wanted configuration', () => {
  it('has nothing that is known to go wrong', () => {
    expect(lintConfig(WANTED)).toEqual([]);
    expect(WANTED['decimal.handling.mode']).toBe('double');
  });

  it('is shown without its password, in the difference too', () => {
    const shown = JSON.stringify([
      maskConfig(WANTED),
      diffConfig({}, WANTED),
      diffConfig(WANTED, { 'database.password': 'x' }),
    ]);
    expect(shown).not.toContain('never-shown');
    expect(maskConfig(WANTED)['database.password']).toBe('••••••');
  });
});

describe('the difference', () => {
  it('names what changes, and leaves alone what only the present one has', () => {
    const present = { ...WANTED, 'decimal.handling.mode': 'precise', 'heartbeat.interval.ms': '10000' };
    expect(diffConfig(present, WANTED)).toEqual([{ name: 'decimal.handling.mode', from: 'precise', to: 'double' }]);
  });
});

describe('what is wrong with a configuration', () => {
  it.each([
    ['decimal.handling.mode', undefined, 'absent, which means precise'],
    ['decimal.handling.mode', 'precise', 'precise'],
    ['plugin.name', 'wal2json', 'wal2json'],
    ['topic.prefix', 'other', 'other'],
    ['table.include.list', 'public.customers', 'public.customers'],
    ['publication.autocreate.mode', 'all_tables', 'all_tables'],
    ['tombstones.on.delete', 'false', 'false'],
  ])('%s = %s is told', (name, value, seen) => {
    const { [name]: _, ...rest } = WANTED;
    const found = lintConfig(value === undefined ? rest : { ...rest, [name]: value });
    expect(found.map((each) => [each.name, each.seen])).toEqual([[name, seen]]);
  });

  it('is nothing when the table is one of several', () => {
    expect(lintConfig({ ...WANTED, 'table.include.list': 'public.customers, public.transactions' })).toEqual([]);
  });
});
