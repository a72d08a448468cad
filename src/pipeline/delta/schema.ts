/** Columns of a Delta table, and their text form in the log (PROTOCOL.md, Schema Serialization Format). */

export type ColumnType = 'string' | 'long' | 'integer' | 'double' | 'timestamp';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** One value as rows carry it: long and timestamp (microseconds since 1970) as bigint. */
export type CellValue = string | number | bigint | null;
export type TableRow = Readonly<Record<string, CellValue>>;

export function toSchemaString(columns: readonly TableColumn[]): string {
  const fields = columns.map(({ name, type }) => ({ name, type, nullable: true, metadata: {} }));
  return JSON.stringify({ type: 'struct', fields });
}

/** What keeps our rows out of a table with this schema, or null. Columns may stand in another order. */
export function findSchemaConflict(columns: readonly TableColumn[], schemaString: string): string | null {
  const { fields } = JSON.parse(schemaString) as { fields: { name: string; type: unknown; metadata?: object }[] };
  const types = new Map(fields.map((field) => [field.name, field.type]));
  const wrong = columns.find(({ name, type }) => types.get(name) !== type);
  if (wrong)
    return `column ${wrong.name} is ${JSON.stringify(types.get(wrong.name)) ?? 'missing'} instead of ${wrong.type}`;
  const invariant = fields.find(({ metadata }) => metadata && 'delta.invariants' in metadata);
  if (invariant) return `column ${invariant.name} has an invariant`;
  return null;
}
