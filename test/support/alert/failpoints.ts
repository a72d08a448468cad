/** The steps of Alert at which a run may die, in the order of a transaction's way. */
export const ALERT_FAILPOINTS = [
  'a1',
  'a2',
  'a3',
  'a4',
  'a5',
  'a6',
  'a7',
  'a8',
  'a9',
  'a10',
  'a11',
  'a12',
  'a13',
  'a14',
] as const;

export type AlertFailpoint = (typeof ALERT_FAILPOINTS)[number];
