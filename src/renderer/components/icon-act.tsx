import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

interface IconActProps {
  readonly label: string;
  readonly icon: ReactNode;
  /** Why it cannot be done now, or null. */
  readonly why: string | null;
  readonly busy: boolean;
  readonly act: () => void;
}

/** A button that is only a shape. What cannot be done now says why, and can still be reached. */
export function IconAct({ label, icon, why, busy, act }: IconActProps) {
  const dead = why !== null || busy;
  return (
    <Tooltip label={why === null ? label : `${label}: ${why}`}>
      <ActionIcon
        size="sm"
        aria-label={label}
        aria-disabled={dead}
        {...(dead && { 'data-disabled': true })}
        onClick={() => !dead && act()}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
