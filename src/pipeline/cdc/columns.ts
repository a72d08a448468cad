/** The columns of `transactions` in the order of the Bronze table: the one place that declares them. */
import type { TransactionRow } from './transaction.ts';

/** long: 64 bits; int: 32 bits; number-text: a number of the event that is kept as text. */
export type ColumnKind = 'text' | 'number-text' | 'long' | 'int' | 'double' | 'amount';

export interface TransactionColumn {
  readonly name: keyof TransactionRow;
  readonly kind: ColumnKind;
}

export const TRANSACTION_COLUMNS: readonly TransactionColumn[] = [
  { name: 'trans_date_trans_time', kind: 'number-text' },
  { name: 'cc_num', kind: 'long' },
  { name: 'merchant', kind: 'text' },
  { name: 'category', kind: 'text' },
  { name: 'amt', kind: 'amount' },
  { name: 'first', kind: 'text' },
  { name: 'last', kind: 'text' },
  { name: 'gender', kind: 'text' },
  { name: 'street', kind: 'text' },
  { name: 'city', kind: 'text' },
  { name: 'state', kind: 'text' },
  { name: 'zip', kind: 'int' },
  { name: 'lat', kind: 'double' },
  { name: 'long', kind: 'double' },
  { name: 'city_pop', kind: 'long' },
  { name: 'job', kind: 'text' },
  { name: 'dob', kind: 'number-text' },
  { name: 'trans_num', kind: 'text' },
  { name: 'unix_time', kind: 'long' },
  { name: 'merch_lat', kind: 'double' },
  { name: 'merch_long', kind: 'double' },
  { name: 'is_fraud', kind: 'int' },
];
