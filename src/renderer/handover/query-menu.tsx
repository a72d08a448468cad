import { ActionIcon, Menu } from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import { useRef, useState } from 'react';
import type { QueryView } from '../../console/contract.ts';
import { TITLES } from '../components/query-actions.tsx';
import { HandOverSheet } from './hand-over-sheet.tsx';
import { TakeOverSheet } from './take-over-sheet.tsx';

/** What is done seldom with a query: giving it to a Spark cluster, and taking it back. */
export function QueryMenu({ query, stackUp }: { readonly query: QueryView; readonly stackUp: boolean }) {
  const [open, setOpen] = useState<'hand-over' | 'take-over' | null>(null);
  const target = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(null);
  // The sheet gives the focus back to what had it, and an item of the menu is gone by then.
  const show = (sheet: typeof open) => {
    target.current?.focus();
    setOpen(sheet);
  };
  const idle = query.state === 'STOPPED' || query.state === 'FAILED';
  return (
    <>
      <Menu position="bottom-end" withinPortal disabled={!stackUp}>
        <Menu.Target>
          <ActionIcon
            ref={target}
            size="md"
            variant="subtle"
            aria-label={`More of ${TITLES[query.name]}`}
            aria-disabled={!stackUp}
          >
            <Ellipsis size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {!query.runner?.owner && <Menu.Item onClick={() => show('hand-over')}>Hand over to Spark…</Menu.Item>}
          {(idle || query.runner) && <Menu.Item onClick={() => show('take-over')}>Take over from Spark…</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {open === 'hand-over' && <HandOverSheet query={query} onClose={close} />}
      {open === 'take-over' && <TakeOverSheet query={query.name} onClose={close} />}
    </>
  );
}
