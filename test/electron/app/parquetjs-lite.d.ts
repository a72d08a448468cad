declare module 'parquetjs-lite' {
  import type { Writable } from 'node:stream';

  class ParquetSchema {
    constructor(fields: Record<string, { type: 'BYTE_ARRAY' | 'UTF8' }>);
  }
  class ParquetWriter {
    static openStream(schema: ParquetSchema, sink: Writable): Promise<ParquetWriter>;
    appendRow(row: Record<string, unknown>): Promise<void>;
    close(): Promise<void>;
  }
  const parquetjs: { ParquetSchema: typeof ParquetSchema; ParquetWriter: typeof ParquetWriter };
  export default parquetjs;
}
