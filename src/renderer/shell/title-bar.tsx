import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { Layers, Monitor, Moon, Sun } from 'lucide-react';
import { useNow } from '../clock.ts';
import { clock, day, type Zone } from '../format.ts';
import { usePart } from '../store.ts';

interface TitleBarProps {
  readonly zone: Zone;
  readonly onZone: (zone: Zone) => void;
}

export function TitleBar({ zone, onZone }: TitleBarProps) {
  const console = usePart('console');
  return (
    <header className="title-bar">
      <div className="brand">
        <Mark />
        <span className="wide">Sluice</span>
      </div>
      {console && (
        <span className="tag outline" title={`${PROFILE_HINTS[console.profile]}. Data folder: ${console.home}`}>
          <Layers size={13} className="ink-3" aria-hidden />
          <span className="ink-3">Profile</span>
          <span className="ink-1">{console.profile}</span>
        </span>
      )}
      <span className="grow" />
      <Clock zone={zone} />
      <Tooltip label={zone === 'UTC' ? 'Show all times in local time' : 'Show all times in UTC'}>
        <button className="tag outline zone" onClick={() => onZone(zone === 'UTC' ? 'local' : 'UTC')}>
          {zone === 'UTC' ? 'UTC' : 'Local'}
        </button>
      </Tooltip>
      <SchemeSwitch />
    </header>
  );
}

const PROFILE_HINTS = {
  embedded: 'Everything runs inside Sluice',
  docker: 'The systems around the queries run in docker',
  external: 'The systems around the queries are servers of your own',
} as const;

function Clock({ zone }: { readonly zone: Zone }) {
  const now = useNow();
  return (
    <span className="row gap-3 ink-3">
      <span className="wide nowrap">{day(now, zone)}</span>
      <span className="ink-1 strong">{clock(now, zone)}</span>
    </span>
  );
}

const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const satisfies Record<
  MantineColorScheme,
  MantineColorScheme
>;
const SCHEMES = {
  auto: ["the system's", <Monitor key="auto" size={14} />],
  light: ['light', <Sun key="light" size={14} />],
  dark: ['dark', <Moon key="dark" size={14} />],
} as const;

function SchemeSwitch() {
  // Holding the transitions would write a <style> through innerHTML, which Trusted Types refuse.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const next = NEXT[colorScheme];
  const [name, icon] = SCHEMES[colorScheme];
  const label = `Theme: ${name}. Switch to ${SCHEMES[next][0]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon size="xs" onClick={() => setColorScheme(next)} aria-label={label}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function Mark() {
  const wave = (y: number) => `M4 ${y}c1.7-1.5 3.3-1.5 5 0s3.3 1.5 5 0`;
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden>
      <rect x="1" y="1" width="16" height="16" rx="4.5" />
      <path d={wave(6.5) + wave(9.8) + wave(13.1)} fill="none" stroke="#fff" strokeWidth="1.3" strokeLinecap="round" />
    </svg>
  );
}
