declare module 'parquetjs-lite' {
  import type { Writable } from 'node:stream';

  interface Field {
    readonly type: 'UTF8' | 'BYTE_ARRAY';
    readonly optional?: boolean;
  }

  export class ParquetSchema {
    constructor(fields: Readonly<Record<string, Field>>);
  }

  export class ParquetWriter {
    static openStream(schema: ParquetSchema, stream: Writable): Promise<ParquetWriter>;
    appendRow(row: Readonly<Record<string, string | Buffer>>): Promise<void>;
    close(): Promise<void>;
  }

  const library: { ParquetSchema: typeof ParquetSchema; ParquetWriter: typeof ParquetWriter };
  export default library;
}
