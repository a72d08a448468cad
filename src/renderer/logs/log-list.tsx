import { Button } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { LogEntry } from '../../console/contract.ts';
import { Status } from '../components/status.tsx';
import { plural, preciseClock, type Zone } from '../format.ts';
import { useZone } from '../preferences.ts';
import { splitHits } from './filter.ts';

interface LogListProps {
  readonly lines: readonly LogEntry[];
  readonly pattern: RegExp | null;
  /** Stands above the first line, e.g. that earlier ones were cleared from the view. */
  readonly note: string | null;
  readonly onShowAll: () => void;
}

const ROW = 20;
/** Closer to the end than this counts as being there. */
const NEAR = 30;

export function LogList({ lines, pattern, note, onShowAll }: LogListProps) {
  const box = useRef<HTMLDivElement>(null);
  const zone = useZone();
  const [following, setFollowing] = useState(true);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  const newest = lines.at(-1)?.id;
  useEffect(() => {
    if (following) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [following, newest, lines.length]);

  const onScroll = () => {
    const element = box.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR);
  };
  const onKeyDown = (event: KeyboardEvent) => event.key === 'End' && setFollowing(true);
  const errors = lines.filter(({ level }) => level === 'error').length;
  const warnings = lines.filter(({ level }) => level === 'warn').length;

  return (
    <>
      {note && (
        <div className="log-note small ink-3">
          <span>{note}</span>
          <button className="link" onClick={onShowAll}>
            Show them
          </button>
        </div>
      )}
      <div
        className="log-box"
        ref={box}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Log lines"
      >
        <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            return line && <Line key={line.id} line={line} top={start} pattern={pattern} zone={zone} />;
          })}
        </div>
      </div>
      <div className="log-foot">
        {following ? (
          <>
            <Status word="RUNNING" text="Following" />
            <span className="text ink-3">scroll up to hold</span>
          </>
        ) : (
          <>
            <Status word="PAUSED" text="Held" />
            <Button size="xs" onClick={() => setFollowing(true)} rightSection={<kbd className="kbd">End</kbd>}>
              Follow
            </Button>
          </>
        )}
        <span className="grow" />
        <span className="text ink-3">
          {plural(errors, 'error')}, {plural(warnings, 'warning')}
        </span>
      </div>
    </>
  );
}

interface LineProps {
  readonly line: LogEntry;
  readonly top: number;
  readonly pattern: RegExp | null;
  readonly zone: Zone;
}

const LEVELS = {
  info: ['INFO', 'ink-3'],
  warn: ['WARN', 'tone-med strong'],
  error: ['ERROR', 'tone-fail strong'],
} as const;

const Line = memo(function Line({ line, top, pattern, zone }: LineProps) {
  const [level, tone] = LEVELS[line.level];
  return (
    <div className="log-line mono" style={{ transform: `translateY(${top}px)` }}>
      <span className="ink-3">{preciseClock(line.at, zone)}</span>
      <span className={tone}>{level}</span>
      <span className={line.source === 'alert' ? 'tone-accent' : 'ink-2'}>{NAMES[line.source]}</span>
      <span className={line.level === 'error' ? 'tone-fail cut' : 'ink-1 cut'} title={line.message}>
        {splitHits(line.message, pattern).map(({ text, hit }, index) => (hit ? <mark key={index}>{text}</mark> : text))}
      </span>
    </div>
  );
});

const NAMES = {
  bronze: '[Bronze]',
  alert: '[Alert]',
  capture: '[Capture]',
  postgres: '[Postgres]',
  producer: '[Producer]',
  'fraud-api': '[API]',
  'slack-preview': '[Slack]',
  stack: '[Stack]',
  console: '[Console]',
} as const;
