import { ActionIcon } from '@mantine/core';
import { Copy } from 'lucide-react';
import { copyText } from './copy.ts';
import { toast } from './toast.ts';

/** A path or an id: cut where it is too long, and copied whole. */
export function Path({ text }: { readonly text: string }) {
  const copy = () => {
    copyText(text);
    toast('Copied.');
  };
  return (
    <span className="row" style={{ gap: 4 }}>
      <span className="mono cut" title={text}>
        {text}
      </span>
      <ActionIcon size="xs" onClick={copy} aria-label={`Copy ${text}`} style={{ margin: '-4px 0' }}>
        <Copy size={12} />
      </ActionIcon>
    </span>
  );
}
