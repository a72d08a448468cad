/** Messages as nobody should send them, made of parts that are each likely to be right: most are nearly a change event. */
import fc from 'fast-check';
import { TRANSACTION_COLUMNS, type ColumnKind } from '../../../src/pipeline/cdc/columns.ts';

/** JSON texts of single values, the odd ones included, and some that are no JSON at all. */
export const FORMS: readonly string[] = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1',
    '-1',
    '17',
    '007',
    '-',
    '+1',
    '.5',
    '1.',
    '1.e3',
    '1e',
    '1e+',
    '0x10',
    'NaN',
  ],
  ...[
    '9.68',
    '-0.0',
    '0.0',
    '-0.00',
    '0e5',
    '-0e5',
    '1e-7',
    '1E400',
    '-1e400',
    '1e22',
    '4.9e-324',
    '28654.9',
    '12345678.0',
  ],
  ...['33.986391000000005', '0.1', '0.30000000000000004', '123456789012345', '1234567890123456', '0.0000000000000001'],
  ...['179769313486231570000000000000000000000', '1234567.8901234567890123', '100000000000000000000000000000000'],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '4294967296', '9007199254740991', '9007199254740993'],
  ...['999999999999999', '9999999999999999', '4992346398065154184', '9223372036854775807', '9223372036854775808'],
  ...[
    '-9223372036854775807',
    '-9223372036854775808',
    '-9223372036854775809',
    '9999999999999999999',
    '10000000000000000000',
  ],
  ...['1546300818000000', '-1', '-86400000001', '253402300799999999', '9223372036825200000', '-9223372036832400000'],
  ...[
    '""',
    '"a"',
    '"4.97"',
    '"-0"',
    '" 17 "',
    '"28654.9"',
    '"12x"',
    '"AfE="',
    '"/g8="',
    '"1234"',
    '"NaN"',
    '"inf"',
    '"1d"',
  ],
  ...[
    '"2019-01-01T00:00:18Z"',
    '"__debezium_unavailable_value"',
    '"__debezium_unavailable_valuf"',
    '"Zoë"',
    '"😀"',
    '"\u2028"',
  ],
  ...[
    '"O\\u0027F"',
    '"\\ud83d\\ude00"',
    '"\\ud83d"',
    '"a\\"b"',
    '"a\\\\"',
    '"\\x"',
    '"\\u12"',
    '"tab\\t"',
    '"\u007f"',
    '"\u0001"',
  ],
  ...[
    '{}',
    '[]',
    '{"scale":2,"value":"AfE="}',
    '{"a":[1,{"b":null}]}',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    '[[[]]]',
    'nul',
    'tru',
    '"open',
  ],
  ...[
    '\u00e4',
    '',
    ' ',
    '//',
    "'a'",
    'undefined',
    '[1 2]',
    '{"a":1 "b":2}',
    '{"\\u0061":1}',
    '{"a":1,"a":2}',
    '-9.',
    '1_000',
  ],
];

const blank = fc.oneof(
  { weight: 400, arbitrary: fc.constantFrom('', '', '', '', ' ', '\n', '\t', '\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\u00a0', '\u000b', '\f', '/**/', ',') },
);
const form = fc.constantFrom(...FORMS);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map((each) => JSON.stringify(each)),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((each) => JSON.stringify(each)),
  fc.string({ maxLength: 300 }).map((each) => JSON.stringify(each)),
);
const whole = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.maxSafeInteger().map(BigInt),
  fc.integer().map(BigInt),
);
const double = fc.double().map((each) => JSON.stringify(each) ?? 'null');
const decimal = fc.tuple(fc.integer(), fc.nat({ max: 999_999 })).map(([a, b]) => `${a}.${b}`);
const any = fc.oneof(form, text, whole.map(String), double, decimal, fc.json());

const rarely = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight = 40): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });

const USUAL: Readonly<Record<ColumnKind, fc.Arbitrary<string>>> = {
  text,
  'number-text': rarely(fc.maxSafeInteger().map(String), fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String)),
  long: whole.map(String),
  int: fc.integer().map(String),
  double: fc.oneof(double, decimal),
  amount: fc.oneof(
    decimal,
    decimal.map((each) => `"${each}"`),
    fc.base64String({ maxLength: 12 }).map((each) => `"${each}"`),
  ),
};

const cell = fc.constantFrom(...TRANSACTION_COLUMNS).chain(({ name, kind }) => {
  const key = rarely(fc.constant(`"${name}"`), fc.constantFrom(`"\\u0063c_num"`, `'${name}'`, name, `"${name} "`), 200);
  return fc.tuple(
    key,
    rarely(fc.oneof({ weight: 9, arbitrary: USUAL[kind] }, { weight: 1, arbitrary: fc.constant('null') }), any),
  );
});
const unknown = fc.tuple(
  rarely(fc.constantFrom('"created_at"', '"__proto__"', '"Ünknown"', '""'), text),
  rarely(fc.constantFrom('1', '"x"', 'null', '{"a":[1]}'), any),
);

/** `a:b` with blanks around both. */
const member = (pair: fc.Arbitrary<[string, string]>): fc.Arbitrary<string> =>
  fc
    .tuple(blank, pair, blank, blank)
    .map(([before, [key, value], between, after]) => `${before}${key}${between}:${after}${value}`);

const object = (members: fc.Arbitrary<string[]>): fc.Arbitrary<string> => members.map((each) => `{${each.join(',')}}`);

/** Mostly all columns once, in any order. */
const after = object(
  rarely(
    fc
      .shuffledSubarray([...TRANSACTION_COLUMNS], { minLength: 0 })
      .chain((columns) =>
        fc.tuple(
          ...columns.map(({ name, kind }) => member(fc.tuple(fc.constant(`"${name}"`), rarely(USUAL[kind], any, 60)))),
        ),
      ) as fc.Arbitrary<string[]>,
    fc.array(member(fc.oneof(cell, cell, unknown)), { maxLength: 30 }),
    3,
  ),
);

const source = fc.constantFrom(
  '{"version":"2.5.4.Final","sequence":"[\\"1\\",\\"2\\"]","lsn":24023128}',
  '{}',
  'null',
  '{"a":[true,false]}',
);
const op = rarely(
  fc.constantFrom('"c"', '"u"', '"r"', '"d"', '"c"'),
  fc.oneof(fc.constantFrom('"t"', '"m"', '"x"', '"cc"', '""', '1', 'null'), any),
);
const envelope = fc
  .tuple(
    member(fc.tuple(rarely(fc.constant('"after"'), fc.constantFrom('"afte"', '"\\u0061fter"')), rarely(after, any))),
    member(fc.tuple(rarely(fc.constant('"op"'), fc.constantFrom('"opp"', '"o\\u0070"')), op)),
    fc.array(
      member(
        fc.tuple(
          fc.constantFrom('"before"', '"source"', '"ts_ms"', '"transaction"'),
          rarely(fc.oneof(source, after), any),
        ),
      ),
      { maxLength: 3 },
    ),
    fc.array(
      rarely(member(unknown), member(fc.tuple(fc.constantFrom('"op"', '"after"', '"schema"', '"payload"'), any))),
      { maxLength: 1 },
    ),
  )
  .chain(([a, b, more, odd]) => fc.shuffledSubarray([a, b, ...more, ...odd], { minLength: 2 }));

const message = fc.tuple(blank, object(envelope), blank).map((parts) => parts.join(''));
const wrapped = message.map((each) => `{"schema":{"type":"struct"},"payload":${each}}`);

/** What happens to bytes on the way. */
const damage = fc.oneof(
  { weight: 12, arbitrary: fc.constant((bytes: Buffer) => bytes) },
  { weight: 1, arbitrary: fc.nat().map((at) => (bytes: Buffer) => bytes.subarray(0, at % (bytes.length + 1))) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      copy[at % bytes.length] = byte;
      return copy;
    }),
  },
  { weight: 1, arbitrary: text.map((each) => (bytes: Buffer) => Buffer.concat([bytes, Buffer.from(each)])) },
);

/** The value of one record; null is a tombstone. */
export const hostileValue: fc.Arbitrary<Buffer | null> = fc.oneof(
  { weight: 30, arbitrary: fc.tuple(message, damage).map(([each, bend]) => bend(Buffer.from(each))) },
  { weight: 1, arbitrary: fc.tuple(wrapped, damage).map(([each, bend]) => bend(Buffer.from(each))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constant(null) },
);
