import { ActionIcon } from '@mantine/core';
import { Copy } from 'lucide-react';
import { toast } from '../components/toast.ts';
import { readableOffsets, type OffsetsLine } from './readable.ts';
import { copyText } from '../components/copy.ts';

/** The newest offsets file, line by line and readable; copying gives the bytes as they are on disk. */
export function OffsetsFile({ name, text }: { readonly name: string; readonly text: string }) {
  const copy = () => {
    copyText(text);
    toast(`${name} is in the clipboard, as it is on disk.`);
  };
  return (
    <div>
      <div className="row" style={{ marginBottom: 4 }}>
        <span className="mono">{name}</span>
        <span className="grow" />
        <ActionIcon size="xs" onClick={copy} aria-label={`Copy ${name}`}>
          <Copy size={13} />
        </ActionIcon>
      </div>
      <pre className="code-box" tabIndex={0} aria-label={`Content of ${name}`}>
        {readableOffsets(text).map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </pre>
    </div>
  );
}

function Line({ line }: { readonly line: OffsetsLine }) {
  return (
    <>
      {line.map(({ text, kind }, index) => (
        <span key={index} className={kind}>
          {text}
        </span>
      ))}
      {'\n'}
    </>
  );
}
