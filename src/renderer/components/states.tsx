/** A view that has nothing to show yet, is still loading, or has failed. */
import { Button } from '@mantine/core';
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ErrorView } from '../../console/contract.ts';
import { link } from '../route.ts';
import { toast } from './toast.ts';
import { copyText } from './copy.ts';

/** Says what will be here and what has to happen first. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** The outline of what is coming; it appears only when the wait is long enough to be noticed. */
export function Bone({ width = '100%', height = 12 }: { readonly width?: number | string; readonly height?: number }) {
  return <div className="bone" style={{ width, height }} aria-hidden />;
}

export function LoadingRows({ rows = 6 }: { readonly rows?: number }) {
  return (
    <div className="col" style={{ gap: 20, padding: 14 }} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Bone key={row} width={`${92 - ((row * 17) % 34)}%`} />
      ))}
    </div>
  );
}

interface FailureProps {
  readonly error: ErrorView;
  /** False where there is no log to be shown. */
  readonly withLog?: boolean;
  /** More acts, the safe one first. */
  readonly children?: ReactNode;
}

/** Code, what happened, what was expected, what to do: in this order. */
export function Failure({ error, withLog = true, children }: FailureProps) {
  return (
    <div className="col" style={{ gap: 8 }} role="alert">
      <div className="error-title">{sentence(error.seen)}</div>
      <dl className="facts">
        <dt>Code</dt>
        <dd className="mono">{error.code}</dd>
        <dt>While</dt>
        <dd>{sentence(error.tried)}</dd>
        <dt>Expected</dt>
        <dd>{sentence(error.expected)}</dd>
        <dt>What to do</dt>
        <dd className="strong">{sentence(error.action)}</dd>
      </dl>
      <div className="row wrap" style={{ marginTop: 4 }}>
        {children}
        <Button leftSection={<Copy size={14} />} onClick={() => copyReport(error)}>
          Copy report
        </Button>
        {withLog && (
          <Button component="a" href={link('logs')} variant="subtle">
            Show the log
          </Button>
        )}
      </div>
    </div>
  );
}

/** Errors are written as parts of a sentence; on screen each stands alone. */
export const sentence = (text: string): string =>
  text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;

function copyReport(error: ErrorView): void {
  const { code, tried, seen, expected, action } = error;
  copyText([code, tried, seen, expected, action].join('\n'));
  toast('The report is in the clipboard.');
}
