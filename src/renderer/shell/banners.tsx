import { ActionIcon } from '@mantine/core';
import { X } from 'lucide-react';
import { useState } from 'react';
import { StatusMark } from '../components/status.tsx';
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
  return open.map(({ id, level, text }) => (
    <div key={id} className={`banner ${level}`} role="status">
      <StatusMark word={MARKS[level]} />
      <span className="grow">{text}</span>
      <ActionIcon size="xs" aria-label={`Close: ${text}`} onClick={() => setClosed([...closed, id])}>
        <X size={14} />
      </ActionIcon>
    </div>
  ));
}
