/** The numbers of a chart as a table, newest first: for people who do not see it, and for those who want to read them. */
import { clock } from '../format.ts';
import { useZone } from '../preferences.ts';
import type { Point, Series } from './chart-points.ts';

interface ChartTableProps {
  readonly label: string;
  readonly points: readonly Point[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
}

export function ChartTable({ label, points, series, format }: ChartTableProps) {
  const zone = useZone();
  return (
    <div
      className="table-box"
      style={{ height: '100%' }}
      tabIndex={0}
      role="region"
      aria-label={`${label}, as a table`}
    >
      <table className="table compact">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ name }) => (
              <th scope="col" className="num" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...points].reverse().map(({ at, values }) => (
            <tr key={at}>
              <td>{clock(at, zone)}</td>
              {values.map((value, index) => (
                <td className="num" key={series[index]?.name}>
                  {cell(value, format)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What is not known is said, and never drawn as a zero. */
export const cell = (value: number | null | undefined, format: (value: number) => string): string =>
  value == null ? 'not known' : format(value);
