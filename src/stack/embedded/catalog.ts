/** What the log does not tell about the captured table: its primary key, NOT NULL and defaults. */
import type { Sql } from '../../pipeline/sql.ts';
import type { Column, TableShape } from './envelope.ts';

export const CAPTURED_SCHEMA = 'public';
export const CAPTURED_TABLE = 'transactions';

/** The captured table as it is now; columns in the order of their numbers, as the log sends them. */
export async function readTableShape(sql: Sql): Promise<TableShape> {
  const rows = await sql.query<CatalogRow>(
    `SELECT a.attname AS name, a.atttypid::int AS type_oid, a.atttypmod AS type_mod, a.attnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS default_expression,
       coalesce(a.attnum = ANY (i.indkey), false) AS is_key
     FROM pg_attribute a
     JOIN pg_class c ON c.oid = a.attrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum`,
    [CAPTURED_SCHEMA, CAPTURED_TABLE],
  );
  const key = rows.filter((row) => row.is_key).map((row) => row.name);
  return { schema: CAPTURED_SCHEMA, name: CAPTURED_TABLE, columns: rows.map(toColumn), key };
}

/**
 * The shape at the position of the log: columns and types as the log has them, the rest from the catalog as it is now.
 * A column that is gone by now counts as nullable and without a default.
 */
export function shapeAt(
  columns: readonly { readonly name: string; readonly typeOid: number; readonly typeMod: number }[],
  now: TableShape,
): TableShape {
  const known = new Map(now.columns.map((column) => [column.name, column]));
  const unknown = { notNull: false, defaultExpression: null };
  return { ...now, columns: columns.map((column) => ({ ...unknown, ...known.get(column.name), ...column })) };
}

interface CatalogRow extends Record<string, unknown> {
  readonly name: string;
  readonly type_oid: number;
  readonly type_mod: number;
  readonly not_null: boolean;
  readonly default_expression: string | null;
  readonly is_key: boolean;
}

function toColumn(row: CatalogRow): Column {
  return {
    name: row.name,
    typeOid: row.type_oid,
    typeMod: row.type_mod,
    notNull: row.not_null,
    defaultExpression: row.default_expression,
  };
}
