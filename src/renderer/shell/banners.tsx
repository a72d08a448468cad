import { ActionIcon, Button } from '@mantine/core';
import { X } from 'lucide-react';
import { useState } from 'react';
import { sentence } from '../components/states.tsx';
import { StatusMark } from '../components/status.tsx';
import { useCommand } from '../components/use-command.ts';
import { link } from '../route.ts';
import { usePart } from '../store.ts';

const FALLBACK = {
  id: 'fallback-electron',
  level: 'warn',
  text: 'Sluice runs on an older Electron, because the declared version could not be had. For development and tests only.',
} as const;

const MARKS = { info: 'WAITING', warn: 'WARN', error: 'FAILED' } as const;

/** What a person should know beside the screens. Closing one hides it until the window is opened again. */
export function Banners() {
  const [closed, setClosed] = useState<readonly string[]>([]);
  const notices = usePart('notices') ?? [];
  const fallback = usePart('console')?.fallback ?? false;
  const open = [...(fallback ? [FALLBACK] : []), ...notices].filter(({ id }) => !closed.includes(id));
  return (
    <>
      <AlertsPaused />
      {open.map(({ id, level, text }) => (
        <div key={id} className={`banner ${level}`} role="status">
          <StatusMark word={MARKS[level]} />
          <span className="grow">{text}</span>
          <ActionIcon size="xs" aria-label={`Close: ${text}`} onClick={() => setClosed([...closed, id])}>
            <X size={14} />
          </ActionIcon>
        </div>
      ))}
    </>
  );
}

/** It cannot be closed: while it is there, nobody is told of a fraud. */
function AlertsPaused() {
  const paused = usePart('queries')?.alert.alertsPaused ?? null;
  const waiting = usePart('totals')?.deliveries;
  const [busy, run] = useCommand();
  if (paused === null) return null;
  const kept = waiting ? waiting.pending + waiting.ambiguous : 0;
  return (
    <div className="banner error" role="alert">
      <StatusMark word="FAILED" />
      <span className="grow">
        <b>Alerts are paused.</b> {sentence(paused.seen)} Nothing is lost:{' '}
        <a className="link" href={link('deliveries')}>
          {kept} wait
        </a>
        . Repair the webhook in Slack, then resume.
      </span>
      <Button size="xs" disabled={busy} onClick={() => void run('alerts.resume', {}, 'Alerts go again.')}>
        Resume alerts
      </Button>
    </div>
  );
}
