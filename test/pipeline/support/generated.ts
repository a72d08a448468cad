/** The generated topic: rows of the producer's generator as the embedded change capture sends them. */
import { envelopesOf, type TableShape } from '../../../src/stack/embedded/envelope.ts';
import { createGenerator } from '../../../src/stack/producer/generator.ts';
import { COLUMN_NAMES, COLUMNS } from '../../../src/stack/producer/transaction.ts';

const OIDS = {
  timestamp: 1114,
  bigint: 20,
  text: 1043,
  numeric: 1700,
  integer: 23,
  'double precision': 701,
  date: 1082,
  smallint: 21,
} as const;

const SHAPE: TableShape = {
  schema: 'public',
  name: 'transactions',
  key: ['trans_num'],
  columns: COLUMN_NAMES.map((name) => {
    return { name, typeOid: OIDS[COLUMNS[name]], typeMod: -1, notNull: false, defaultExpression: null };
  }),
};

/** Values of `count` creates, in the order of the simulated days. */
export function generatedValues(count: number, seed = 7): Buffer[] {
  const envelopes = envelopesOf(SHAPE, { version: '0.1.0', serverName: 'postgres' });
  const rows = createGenerator(seed).rows(0);
  return Array.from({ length: count }, (_, n) => {
    const micros = 1_735_000_000_000_000n + BigInt(n);
    const source = {
      database: 'frauddb',
      snapshot: 'false',
      micros,
      txId: 555 + n,
      beginLsn: null,
      lsn: 24_023_128n,
    } as const;
    const [event] = envelopes.toEvents({ op: 'c', after: rows.next().value }, source, micros);
    return event?.value as Buffer;
  });
}
