/** The evidence beside a list. Where the window is narrow it becomes a sheet over it. */
import { ActionIcon, Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';

interface DetailProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly head: ReactNode;
  readonly children: ReactNode;
}

export function Detail({ title, onClose, head, children }: DetailProps) {
  const narrow = useMediaQuery('(max-width: 1279px)', window.innerWidth < 1280);
  const content = (
    <>
      <div className="card-head">
        {head}
        <span className="grow" />
        <ActionIcon size="xs" onClick={onClose} aria-label={`Close ${title}`}>
          <X size={14} />
        </ActionIcon>
      </div>
      {children}
    </>
  );
  if (narrow) {
    return (
      <Drawer
        opened
        onClose={onClose}
        withCloseButton={false}
        size={420}
        attributes={{ content: { 'aria-label': title } }}
      >
        <div className="detail" style={{ width: '100%' }}>
          {content}
        </div>
      </Drawer>
    );
  }
  return (
    <aside className="card detail" aria-label={title}>
      {content}
    </aside>
  );
}
