/** The log, following its end until somebody scrolls up. */
import { Button, TextInput } from '@mantine/core';
import { Copy, Eraser, Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Page } from '../components/page.tsx';
import { Empty, LoadingRows } from '../components/states.tsx';
import { toast } from '../components/toast.ts';
import { formatLogLine, type LogLevel, type LogSource } from '../../pipeline/events.ts';
import type { LogEntry } from '../../console/contract.ts';
import { count, plural } from '../format.ts';
import { useRoute } from '../route.ts';
import { useView } from '../store.ts';
import { filterLogs, toPattern } from './filter.ts';
import { useMarker } from './marker.ts';
import { LevelChoice, SourceChoice } from './choices.tsx';
import { LogList } from './log-list.tsx';
import { copyText } from '../components/copy.ts';

const PRESETS = ['Batch|Bronze', 'Batch|NEW|Fraud|ALERT'] as const;

export function Logs() {
  const logs = useView((view) => view.logs);
  const waiting = useView((view) => view.snapshot === null && view.failure === null);
  const { rest } = useRoute();
  const [search, setSearch] = useState(rest[0] ?? '');
  const [source, setSource] = useState<LogSource | 'all'>('all');
  const [level, setLevel] = useState<LogLevel>('info');
  const [marker, setMarker] = useMarker();
  const pattern = useMemo(() => toPattern(search), [search]);
  const shown = useMemo(
    () => filterLogs(logs, { after: marker, pattern, source, level }),
    [logs, marker, pattern, source, level],
  );
  const cleared = marker > 0 ? logs.filter(({ id }) => id <= marker).length : 0;

  return (
    <Page
      fixed
      title="Logs"
      sub="Queries and services, newest below"
      actions={
        <>
          <Button variant="subtle" leftSection={<Eraser size={13} />} onClick={() => setMarker(logs.at(-1)?.id ?? 0)}>
            Clear view
          </Button>
          <Button leftSection={<Copy size={13} />} onClick={() => copy(shown)}>
            Copy what is shown
          </Button>
        </>
      }
    >
      <section className="card fill" aria-label="Log">
        <div className="card-head log-head">
          <TextInput
            type="search"
            w={290}
            placeholder="Search, or a pattern: Batch|Bronze"
            aria-label="Search the log"
            leftSection={<Search size={13} />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <span className="text ink-3 nowrap">
            {count(shown.length)} of {count(logs.length - cleared)}
          </span>
          {PRESETS.map((preset) => (
            <Button
              key={preset}
              size="xs"
              variant={search === preset ? 'filled' : 'default'}
              aria-pressed={search === preset}
              onClick={() => setSearch(search === preset ? '' : preset)}
            >
              <span className="mono">{preset}</span>
            </Button>
          ))}
          <span className="grow" />
          <SourceChoice value={source} onChange={setSource} />
          <LevelChoice value={level} onChange={setLevel} />
        </div>
        <div className="rule" />
        {waiting && <LoadingRows rows={12} />}
        {!waiting && shown.length === 0 && (
          <Empty title={logs.length === cleared ? 'No line yet' : 'No line matches'}>
            {logs.length === cleared ? <p>Lines appear as the stack and the queries work.</p> : null}
            {logs.length > cleared && (
              <Button
                onClick={() => {
                  setSearch('');
                  setSource('all');
                  setLevel('info');
                }}
              >
                Show all
              </Button>
            )}
          </Empty>
        )}
        {shown.length > 0 && (
          <LogList
            lines={shown}
            pattern={pattern}
            note={cleared > 0 ? `view cleared, ${plural(cleared, 'earlier line is', 'earlier lines are')} kept` : null}
            onShowAll={() => setMarker(0)}
          />
        )}
      </section>
    </Page>
  );
}

function copy(lines: readonly LogEntry[]): void {
  const text = lines.map(
    (line) => `${new Date(line.at).toISOString()} ${line.level.toUpperCase()} ${formatLogLine(line)}`,
  );
  copyText(text.join('\n'));
  toast(`${plural(lines.length, 'line is', 'lines are')} in the clipboard.`);
}
