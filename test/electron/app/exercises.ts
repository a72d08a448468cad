import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { faker } from '@faker-js/faker';
import { IncomingWebhook } from '@slack/webhook';
import { ExponentialBackoff, handleAll, retry } from 'cockatiel';
import { parse as parseCsv } from 'csv-parse';
import { decompress as unpackZstd } from 'fzstd';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { Kafka, logLevel } from 'kafkajs';
import { parse as parseLossless } from 'lossless-json';
import lz4 from 'lz4js';
import parquetjs from 'parquetjs-lite';
import pg from 'pg';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import pino from 'pino';
import { compressSync, uncompressSync } from 'snappy';
import { z } from 'zod';

// The word "sluice" as one uncompressed block in a frame without checksum.
const LZ4_FRAME = '04224d18604082' + '06000080' + '736c75696365' + '00000000';
const CARD = 4_998_271_635_409_821_763n;

/** One short piece of real work per runtime library; what it answers is asserted by libraries.test.ts. */
export const exercises: Record<string, () => Promise<unknown>> = {
  pg: async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: 1 });
    const refused = await client.connect().catch((error: NodeJS.ErrnoException) => error.code);
    return { int8: pg.types.getTypeParser(20)(String(CARD)), refused };
  },

  'pg-logical-replication': async () => {
    const service = new LogicalReplicationService(
      { host: '127.0.0.1', port: 1 },
      { acknowledge: { auto: false, timeoutSeconds: 0 } },
    );
    const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: ['p'] });
    const begin = plugin.parse(Buffer.concat([Buffer.from('B'), Buffer.alloc(16, 1), Buffer.from([0, 0, 0, 7])]));
    await service.destroy();
    return { begin: begin.tag, xid: begin.tag === 'begin' && begin.xid };
  },

  'hyparquet-writer': async () => {
    const rows = await readBack(writeParquet());
    return rows.map((row) => ({ ...row, cc_num: String(row['cc_num']) }));
  },

  hyparquet: async () => Object.keys((await readBack(writeParquet()))[0] ?? {}),

  'hyparquet-compressors': async () => {
    const text = 'sluice '.repeat(50);
    const packed = new Uint8Array(compressSync(text));
    return Buffer.from(await (compressors['SNAPPY']?.(packed, text.length) ?? new Uint8Array())).toString() === text;
  },

  snappy: async () => uncompressSync(compressSync('sluice'.repeat(100)), { asBuffer: false }) === 'sluice'.repeat(100),

  'parquetjs-lite': async () => {
    const chunks: Buffer[] = [];
    const sink = new Writable({ write: (chunk, _encoding, done) => (chunks.push(chunk), done()) });
    const schema = new parquetjs.ParquetSchema({ payload: { type: 'BYTE_ARRAY' }, reason: { type: 'UTF8' } });
    const writer = await parquetjs.ParquetWriter.openStream(schema, sink);
    await writer.appendRow({
      payload: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      reason: 'NOT_JSON',
    });
    await writer.close();
    const file = Buffer.concat(chunks);
    const rows = await parquetReadObjects({ file: arrayBuffer(file), compressors, utf8: false });
    return { magic: file.subarray(-4).toString(), bytes: (rows[0]?.['payload'] as Uint8Array).length };
  },

  kafkajs: async () => {
    const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
    const refused = await kafka
      .admin()
      .connect()
      .catch((error: Error) => error.name);
    return { producer: typeof kafka.producer().send, refused };
  },

  '@aws-sdk/client-s3': () =>
    withServer({ etag: '"abc"' }, '', async (url, seen) => {
      const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
      const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials });
      const answer = await client.send(
        new PutObjectCommand({ Bucket: 'lake', Key: 'a b', Body: 'x', IfNoneMatch: '*' }),
      );
      client.destroy();
      return { etag: answer.ETag, path: seen().url, condition: seen().headers['if-none-match'] };
    }),

  '@slack/webhook': () =>
    withServer({}, 'ok', async (url, seen) => {
      const answer = await new IncomingWebhook(url).send({ text: 'hello' });
      return { answer: answer.text, method: seen().method };
    }),

  zod: async () => z.object({ rate: z.number().int().min(0) }).safeParse({ rate: 'many' }).error?.issues[0]?.path,

  pino: async () => {
    let line = '';
    const sink = new Writable({ write: (chunk, _encoding, done) => ((line += chunk), done()) });
    pino({ base: null, timestamp: false }, sink).info({ batch: 7 }, 'done');
    return JSON.parse(line);
  },

  cockatiel: async () => {
    let attempts = 0;
    const policy = retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff({ initialDelay: 1 }) });
    return policy.execute(async () => {
      if (++attempts < 3) throw new Error('not yet');
      return attempts;
    });
  },

  '@faker-js/faker': async () => {
    const name = () => (faker.seed(42), faker.person.fullName());
    return { repeats: name() === name(), job: faker.person.jobTitle().length > 0 };
  },

  'csv-parse': async () => {
    const rows: unknown[] = [];
    for await (const row of parseCsv('a,b\n1,"x,y"\n', { columns: true })) rows.push(row);
    return rows;
  },

  fzstd: async () => Buffer.from(unpackZstd(Buffer.from('28b52ffd2006310000736c75696365', 'hex'))).toString(),

  lz4js: async () => Buffer.from(lz4.decompress(Buffer.from(LZ4_FRAME, 'hex'))).toString(),

  'lossless-json': async () => String((parseLossless(`{"cc_num":${CARD}}`) as Record<string, unknown>)['cc_num']),
};

function writeParquet(): ArrayBuffer {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'cc_num', type: 'INT64', repetition_type: 'OPTIONAL' },
      { name: 'merchant', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
    codec: 'SNAPPY',
    compressors: { SNAPPY: (bytes) => new Uint8Array(compressSync(bytes)) },
  });
  const columns = [
    { name: 'cc_num', data: [CARD, null] },
    { name: 'merchant', data: ['fraud_Kiehn', null] },
  ];
  parquet.write({ columnData: columns });
  parquet.finish();
  return writer.getBuffer();
}

const readBack = (file: ArrayBuffer) => parquetReadObjects({ file, compressors });

const arrayBuffer = (bytes: Buffer) => new Uint8Array(bytes).buffer;

/** A server on loopback that answers everything alike and remembers the last request. */
async function withServer<T>(
  headers: Record<string, string>,
  body: string,
  use: (url: string, seen: () => IncomingMessage) => Promise<T>,
): Promise<T> {
  let last: IncomingMessage | undefined;
  const server = createServer((request, response) => {
    last = request.resume();
    response.writeHead(200, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await use(`http://127.0.0.1:${port}`, () => last as IncomingMessage);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
