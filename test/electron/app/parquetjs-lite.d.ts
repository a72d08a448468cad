declare module 'parquetjs-lite' {
  import type { Writable } from 'node:stream';

  interface Schema {
    readonly fields: Record<string, unknown>;
  }
  interface Writer {
    appendRow(row: Record<string, unknown>): Promise<void>;
    close(): Promise<void>;
  }
  const parquetjs: {
    ParquetSchema: new (fields: Record<string, { type: 'BYTE_ARRAY' | 'UTF8' }>) => Schema;
    ParquetWriter: { openStream(schema: Schema, sink: Writable): Promise<Writer> };
  };
  export default parquetjs;
}
