import { SegmentedControl, Select } from '@mantine/core';
import type { LogLevel, LogSource } from '../../pipeline/events.ts';

const SOURCES: readonly { readonly value: LogSource | 'all'; readonly label: string }[] = [
  { value: 'all', label: 'All sources' },
  { value: 'bronze', label: 'Bronze' },
  { value: 'alert', label: 'Alert' },
  { value: 'capture', label: 'Capture' },
  { value: 'postgres', label: 'PostgreSQL' },
  { value: 'producer', label: 'Producer' },
  { value: 'fraud-api', label: 'Fraud API' },
  { value: 'slack-preview', label: 'Slack preview' },
  { value: 'stack', label: 'Stack' },
  { value: 'console', label: 'Console' },
];

interface SourceChoiceProps {
  readonly value: LogSource | 'all';
  readonly onChange: (source: LogSource | 'all') => void;
}

export function SourceChoice({ value, onChange }: SourceChoiceProps) {
  return (
    <Select
      w={132}
      data={[...SOURCES]}
      value={value}
      onChange={(next) => onChange(SOURCES.find((each) => each.value === next)?.value ?? 'all')}
      aria-label="Source"
      allowDeselect={false}
      maxDropdownHeight={320}
    />
  );
}

const LEVELS = [
  { value: 'info', label: 'All' },
  { value: 'warn', label: 'Warnings' },
  { value: 'error', label: 'Errors' },
] as const;

interface LevelChoiceProps {
  readonly value: LogLevel;
  readonly onChange: (level: LogLevel) => void;
}

export function LevelChoice({ value, onChange }: LevelChoiceProps) {
  return (
    <SegmentedControl
      data={[...LEVELS]}
      value={value}
      onChange={(next) => onChange(LEVELS.find((each) => each.value === next)?.value ?? 'info')}
      aria-label="Least level"
    />
  );
}
