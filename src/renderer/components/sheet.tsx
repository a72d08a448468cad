/** What slides in from the right: a title, a body that scrolls, and at the foot the one act it is about. */
import { ActionIcon, Button, Drawer } from '@mantine/core';
import { X } from 'lucide-react';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import type { ErrorView } from '../../console/contract.ts';
import { CommandError } from '../bridge.ts';
import { Failure } from './states.tsx';
import { toast } from './toast.ts';

interface SheetProps {
  readonly title: string;
  readonly sub?: ReactNode;
  /** What closing means, for who cannot see it: `Close without clearing`. */
  readonly closing: string;
  readonly onClose: () => void;
  readonly foot?: ReactNode;
  readonly children: ReactNode;
}

export function Sheet({ title, sub, closing, onClose, foot, children }: SheetProps) {
  useFocusBack();
  return (
    <Drawer
      opened
      onClose={onClose}
      size={680}
      withCloseButton={false}
      classNames={{ content: 'sheet' }}
      attributes={{ content: { 'aria-label': title } }}
    >
      <div className="sheet-head row">
        <h2>{title}</h2>
        {sub && <span className="text ink-3">{sub}</span>}
        <span className="grow" />
        <ActionIcon size="xs" onClick={onClose} aria-label={closing}>
          <X size={16} />
        </ActionIcon>
      </div>
      <div className="sheet-body">{children}</div>
      {foot}
    </Drawer>
  );
}

/** A sheet is gone at once when it is closed, and the drawer gives the focus back only when it slides out. */
function useFocusBack(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (before instanceof HTMLElement) before.focus();
    },
    [before],
  );
}

interface SheetActProps {
  readonly label: string;
  /** False while something is still to be typed or ticked. */
  readonly ready?: boolean;
  /** Does it and answers what to say then; the sheet closes. What is thrown stands above the buttons, and it stays open. */
  readonly act: () => Promise<string>;
  readonly onClose: () => void;
  /** What must be typed or ticked. */
  readonly children?: ReactNode;
  readonly below?: ReactNode;
}

export function SheetAct({ label, ready = true, act, onClose, children, below }: SheetActProps) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ErrorView | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    try {
      toast(await act());
      onClose();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      setFailure(error.view);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="sheet-foot" onSubmit={(event) => void submit(event)}>
      {failure && <Failure error={failure} />}
      <div className="row gap-3">
        {children}
        <span className="grow" />
        <Button variant="subtle" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="filled" disabled={!ready} loading={busy}>
          {label}
        </Button>
      </div>
      {below}
    </form>
  );
}

interface PartProps {
  readonly number: number;
  readonly title: string;
  readonly sub?: string;
  readonly children: ReactNode;
}

/** One numbered part of the body. */
export function Part({ number, title, sub, children }: PartProps) {
  return (
    <section className="col" style={{ gap: 8 }}>
      <div className="row">
        <h2>
          <span style={{ marginRight: 8 }}>{number}</span>
          {title}
        </h2>
        {sub && <span className="text ink-3">{sub}</span>}
      </div>
      {children}
    </section>
  );
}

export function Sentences({ of }: { readonly of: readonly string[] }) {
  return (
    <ul className="text ink-2 sentences">
      {of.map((each) => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  );
}
