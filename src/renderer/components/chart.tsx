/**
 * The one door to recharts. A chart gets ready-made points, at most 300, and is drawn at most once a second; a gap in the
 * data is null, so that the line breaks instead of lying. The same numbers are one key away as a table.
 */
import { ActionIcon, Tooltip as Hint } from '@mantine/core';
import { ChartLine, Table2 } from 'lucide-react';
import { memo, useEffect, useRef, useState, type ReactNode } from 'react';
import { Area, Bar, BarChart, CartesianGrid, ComposedChart, Line, Tooltip, XAxis, YAxis } from 'recharts';
import { useElementSize } from '@mantine/hooks';
import { rate, shortClock, clock, step, type Zone } from '../format.ts';
import { useZone } from '../preferences.ts';
import type { Point, Series } from './chart-points.ts';
import { cell, ChartTable } from './chart-table.tsx';

export const MOST_POINTS = 300;

interface ChartProps {
  /** What is drawn, for people who do not see it. */
  readonly label: string;
  readonly points: readonly Point[];
  readonly series: readonly Series[];
  readonly kind: 'lines' | 'stacked-bars';
  readonly height: number;
  /** How a value is written; by default with one digit after the point. */
  readonly format?: (value: number) => string;
  /** Shown instead of an empty grid. */
  readonly empty: ReactNode;
}

export function Chart(props: ChartProps) {
  const { label, points, series, empty, height, format = rate } = props;
  const steady = useOncePerSecond(points);
  const [asTable, setAsTable] = useState(false);
  if (!points.some(({ values }) => values.some((value) => value !== null))) {
    return <div style={{ height, display: 'flex' }}>{empty}</div>;
  }
  return (
    <div className="chart" style={{ height }}>
      {asTable ? (
        <ChartTable label={label} points={steady} series={series} format={format} />
      ) : (
        <Drawing {...props} points={steady} format={format} />
      )}
      <Hint label={asTable ? 'Show the chart' : 'Show as a table'}>
        <ActionIcon
          size="xs"
          className="chart-switch"
          onClick={() => setAsTable(!asTable)}
          aria-label={asTable ? `Show ${label} as a chart` : `Show ${label} as a table`}
        >
          {asTable ? <ChartLine size={13} /> : <Table2 size={13} />}
        </ActionIcon>
      </Hint>
    </div>
  );
}

/** The names of the series with their last value. */
export function Legend({ series, points, format = rate }: Pick<ChartProps, 'series' | 'points' | 'format'>) {
  const last = points.at(-1);
  if (!last) return null;
  return (
    <span className="row gap-3">
      {series.map(({ name, color, dashed }, index) => (
        <span className="legend" key={name}>
          <i className={dashed ? 'dashed' : ''} style={{ color }} />
          {name} {cell(last.values[index], format)}
        </span>
      ))}
    </span>
  );
}

const Drawing = memo(function Drawing({ label, points, series, kind, height, format = rate }: ChartProps) {
  const zone = useZone();
  const { ref, width } = useElementSize();
  const data = points.slice(-MOST_POINTS).map(({ at, values }) => ({
    at,
    ...Object.fromEntries(values.map((value, index) => [`v${index}`, value])),
  }));
  const common = { data, width, height, margin: { top: 6, right: 8, bottom: 0, left: 0 }, accessibilityLayer: false };
  const axes = [
    <CartesianGrid key="grid" vertical={false} stroke="var(--line)" />,
    <XAxis
      key="x"
      dataKey="at"
      type={kind === 'lines' ? 'number' : 'category'}
      domain={['dataMin', 'dataMax']}
      ticks={timeTicks(points)}
      interval="preserveStartEnd"
      tickFormatter={(at: number) => (isShort(points) ? clock : shortClock)(at, zone)}
      tickLine={false}
      axisLine={false}
      height={20}
    />,
    <YAxis key="y" width={38} tickCount={4} tickFormatter={step} tickLine={false} axisLine={false} />,
    <Tooltip
      key="tip"
      isAnimationActive={false}
      cursor={kind === 'lines' ? { stroke: 'var(--line-control)' } : { fill: 'var(--bg-3)' }}
      content={({ active, label: at }) =>
        active ? <Tip at={Number(at)} points={points} series={series} zone={zone} format={format} /> : null
      }
    />,
  ];
  return (
    <div ref={ref} style={{ height }} role="img" aria-label={describe(label, points, series, format)}>
      {width > 0 && kind === 'lines' && (
        <ComposedChart {...common}>
          {axes}
          {series.map(({ name, color, dashed }, index) => (
            <Line
              key={name}
              dataKey={`v${index}`}
              name={name}
              stroke={color}
              strokeWidth={1.6}
              {...(dashed && { strokeDasharray: '4 3' })}
              dot={false}
              activeDot={{ r: 3, stroke: 'none' }}
              isAnimationActive={false}
              connectNulls={false}
            />
          ))}
          {series.length === 1 && (
            <Area
              dataKey="v0"
              stroke="none"
              fill={series[0]?.color ?? 'none'}
              fillOpacity={0.1}
              isAnimationActive={false}
            />
          )}
        </ComposedChart>
      )}
      {width > 0 && kind === 'stacked-bars' && (
        <BarChart {...common} barCategoryGap={2}>
          {axes}
          {series.map(({ name, color }, index) => (
            <Bar
              key={name}
              dataKey={`v${index}`}
              name={name}
              stackId="all"
              fill={color}
              stroke="var(--bg-2)"
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      )}
    </div>
  );
});

interface TipProps {
  readonly at: number;
  readonly points: readonly Point[];
  readonly series: readonly Series[];
  readonly zone: Zone;
  readonly format: (value: number) => string;
}

function Tip({ at, points, series, zone, format }: TipProps) {
  const point = points.find((each) => each.at === at);
  if (!point) return null;
  return (
    <div className="chart-tip">
      <span className="label">{clock(at, zone)}</span>
      {series.map(({ name, color }, index) => (
        <span className="legend" key={name}>
          <i className="box" style={{ color }} />
          {name} {cell(point.values[index], format)}
        </span>
      ))}
    </div>
  );
}

/** Holds a value still for a second, so that a busy stream does not redraw the chart four times in it. */
function useOncePerSecond<T>(value: T): T {
  const [steady, setSteady] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  useEffect(() => {
    const timer = setInterval(() => setSteady(latest.current), 1_000);
    return () => clearInterval(timer);
  }, []);
  return steady;
}

const isShort = (points: readonly Point[]): boolean => (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0) < SHORT_MS;
const SHORT_MS = 10 * 60_000;

/** Four moments, first and last included. */
function timeTicks(points: readonly Point[]): number[] {
  const steps = [0, 1, 2, 3].map((step) => points[Math.round((step * (points.length - 1)) / 3)]?.at);
  return [...new Set(steps.filter((at) => at !== undefined))];
}

function describe(
  label: string,
  points: readonly Point[],
  series: readonly Series[],
  format: (value: number) => string,
): string {
  const last = points.at(-1);
  return `${label}: ${series.map(({ name }, index) => `${name} ${cell(last?.values[index], format)}`).join(', ')} at the end`;
}
