/** The one file that knows `parquetjs-lite`: it writes text and bytes well, so every column here is one of the two. */
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import parquet from 'parquetjs-lite';

export type QuarantineColumn = 'text' | 'bytes';
export type QuarantineRow = Readonly<Record<string, string | Buffer | null>>;

/** The bytes of one file. All columns are nullable. */
export async function writeQuarantineFile(
  columns: Readonly<Record<string, QuarantineColumn>>,
  rows: readonly QuarantineRow[],
): Promise<Buffer> {
  const fields = Object.entries(columns).map(([name, kind]) => {
    return [name, { type: kind === 'bytes' ? 'BYTE_ARRAY' : 'UTF8', optional: true }] as const;
  });
  const stream = new PassThrough();
  const bytes = buffer(stream);
  const writer = await parquet.ParquetWriter.openStream(new parquet.ParquetSchema(Object.fromEntries(fields)), stream);
  for (const row of rows) await writer.appendRow(withoutNulls(row));
  await writer.close();
  return bytes;
}

function withoutNulls(row: QuarantineRow): Record<string, string | Buffer> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Record<
    string,
    string | Buffer
  >;
}
