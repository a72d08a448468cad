/** Change events as Debezium 2.5 sends them for the table `transactions`: any number of them, the same ones every time. */

const CUSTOMERS = 983;
const MERCHANTS = 693;
const MICROS_A_DAY = 86_400_000_000;
/** 2019-01-01 */
const FIRST_DAY = 17_897;
const CATEGORIES = ['grocery_pos', 'gas_transport', 'travel', 'misc_net', 'shopping_net', 'food_dining', 'home'];

export interface MessageShape {
  /** Days over which the rows are spread. */
  readonly days: number;
  /** Rows come in the order of their days, as a table is copied; or each on any day. */
  readonly sorted: boolean;
}

/** Message `n` of `count`. */
export function messageOf(n: number, count: number, { days, sorted }: MessageShape): string {
  const random = randomOf(n);
  const day = FIRST_DAY + (sorted ? Math.floor((n * days) / count) : Math.floor(random() * days));
  const micros = day * MICROS_A_DAY + Math.floor(random() * 86_400) * 1e6;
  const transNum = hex(random) + hex(random) + hex(random) + hex(random);
  const merchant = Math.floor(random() * MERCHANTS);
  const latitude = 20 + random() * 40;
  const longitude = -160 + random() * 90;
  return (
    `{"before":null,"after":{"trans_date_trans_time":${micros},${customerOf(Math.floor(random() * CUSTOMERS))},` +
    `"merchant":"fraud_Rippin, ${merchant} and Sons","category":"${CATEGORIES[merchant % CATEGORIES.length]}",` +
    `"amt":${(1 + random() ** 4 * 900).toFixed(2)},"trans_num":"${transNum}","unix_time":${micros / 1e6 - 220_924_800},` +
    `"merch_lat":${latitude.toFixed(6)},"merch_long":${longitude.toFixed(6)},"is_fraud":${random() < 0.005 ? 1 : 0},` +
    `"created_at":1735000000000000},"source":{"version":"2.5.4.Final","connector":"postgresql","name":"postgres",` +
    `"ts_ms":1735000000123,"snapshot":"false","db":"frauddb","sequence":"[\\"24023119\\",\\"${24_023_128 + n}\\"]",` +
    `"schema":"public","table":"transactions","txId":${555 + n},"lsn":${24_023_128 + n},"xmin":null},` +
    `"op":"c","ts_ms":${1_735_000_000_456 + n},"transaction":null}`
  );
}

function customerOf(customer: number): string {
  const random = randomOf(-1 - customer);
  const card = 4_000_000_000_000_000n + BigInt(Math.floor(random() * 2 ** 50)) * (customer % 3 === 0 ? 550n : 1n);
  return (
    `"cc_num":${card},"first":"First${customer % 180}","last":"Last${customer % 310}","gender":"${customer % 2 ? 'F' : 'M'}",` +
    `"street":"${customer} Robert Shores Apt. ${customer % 97}","city":"City ${customer % 700}","state":"S${customer % 50}",` +
    `"zip":${10_000 + customer * 83},"lat":${(20 + random() * 40).toFixed(4)},"long":${(-160 + random() * 90).toFixed(4)},` +
    `"city_pop":${Math.floor(random() * 1e6)},"job":"Engineer, grade ${customer % 494}","dob":${Math.floor(random() * 20_000) - 5000}`
  );
}

const hex = (random: () => number): string =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = Math.imul(seed + 0x6d2b79f5, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
