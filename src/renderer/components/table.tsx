/** A table that stays quick and can be walked with the keyboard: arrows move, Enter opens, Escape closes. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { Fragment, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

/** Beyond this many rows only those in sight are drawn. */
const VIRTUAL_FROM = 200;

export interface Column<Row> {
  readonly title: string;
  /** Width in px; without one the column takes its share of the rest. */
  readonly width?: number;
  readonly numeric?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

export interface TableProps<Row> {
  /** What the table holds, for people who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Rows can be chosen when this is given; choosing the chosen one again gives null. */
  readonly onChoose?: (row: Row | null) => void;
  readonly chosen?: string | null;
  /** Drawn below the chosen row. */
  readonly expand?: (row: Row) => ReactNode;
  readonly rowHeight?: 28 | 32 | 44;
}

export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, onChoose, chosen = null, expand, rowHeight = 32 } = props;
  const box = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const virtual = rows.length > VIRTUAL_FROM;
  const virtualizer = useVirtualizer({
    count: virtual ? rows.length : 0,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => rowKey(rows[index] as Row),
  });
  const items = virtualizer.getVirtualItems();
  const first = virtual ? (items[0]?.index ?? 0) : 0;
  const last = virtual ? (items.at(-1)?.index ?? -1) : rows.length - 1;
  const above = virtual ? (items[0]?.start ?? 0) : 0;
  const below = virtual ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  // One row is in the tab order: the one last walked to, else the chosen one, else the first.
  const stop = [focused, chosen].find((key) => key !== null && rows.some((row) => rowKey(row) === key));
  const tabStop = stop ?? (rows[0] === undefined ? null : rowKey(rows[0]));

  // A row that was chosen from elsewhere, by a link, comes into sight with what it opens.
  useEffect(() => {
    const row = chosen === null ? null : findRow(box.current, chosen);
    (row?.nextElementSibling?.querySelector('.expanded') ?? row)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const goTo = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    setFocused(rowKey(row));
    const drawn = findRow(box.current, rowKey(row));
    if (drawn) return drawn.focus();
    virtualizer.scrollToIndex(rows.indexOf(row));
    requestAnimationFrame(() => findRow(box.current, rowKey(row))?.focus());
  };
  const onKeyDown = (event: KeyboardEvent, row: Row) => {
    const move = MOVES[event.key]?.(rows.indexOf(row), rows.length);
    if (move !== undefined) goTo(move);
    else if (event.key === 'Enter') onChoose?.(rowKey(row) === chosen ? null : row);
    else if (event.key === 'Escape' && chosen !== null) onChoose?.(null);
    else return;
    event.preventDefault();
  };

  return (
    <div className="table-box" ref={box}>
      <table
        className={`table ${rowHeight === 28 ? 'compact' : rowHeight === 44 ? 'two-line' : ''}`}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
      >
        <colgroup>
          {columns.map(({ title, width }) => (
            <col key={title} style={width === undefined ? undefined : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ title, numeric }) => (
              <th key={title} scope="col" className={numeric ? 'num' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} />}
          {rows.slice(first, last + 1).map((row, index) => {
            const key = rowKey(row);
            const isChosen = key === chosen;
            return (
              <Fragment key={key}>
                <tr
                  data-key={key}
                  aria-rowindex={first + index + 2}
                  {...(onChoose && {
                    tabIndex: key === tabStop ? 0 : -1,
                    'aria-selected': isChosen,
                    onClick: () => onChoose(isChosen ? null : row),
                    onFocus: () => setFocused(key),
                    onKeyDown: (event: KeyboardEvent) => onKeyDown(event, row),
                  })}
                >
                  {columns.map(({ title, numeric, cell }) => (
                    <td key={title} role="gridcell" className={numeric ? 'num' : undefined}>
                      {cell(row)}
                    </td>
                  ))}
                </tr>
                {isChosen && expand && (
                  <tr>
                    <td className="expanded" role="gridcell" colSpan={columns.length}>
                      {expand(row)}
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
          {below > 0 && <Gap height={below} />}
        </tbody>
      </table>
    </div>
  );
}

const PAGE = 10;
const MOVES: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index) => index + PAGE,
  PageUp: (index) => index - PAGE,
  Home: () => 0,
  End: (_index, count) => count - 1,
};

const Gap = ({ height }: { readonly height: number }) => <tr style={{ height }} aria-hidden />;

const findRow = (box: HTMLElement | null, key: string) =>
  box?.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(key)}"]`);
