/** Sixteen bytes a row as hex and text, the byte where reading ended marked in both; or the same bytes as running text. */
import type { HexRow, LetterBytesView } from '../../pipeline/events.ts';

interface BytesProps {
  readonly shown: LetterBytesView;
  readonly form: 'hex' | 'text';
}

export function Bytes({ shown: { rows, text, faultAt }, form }: BytesProps) {
  if (rows.length === 0) return <p className="text ink-3 letter-bytes-none">The value is empty.</p>;
  return (
    <div className="letter-bytes" role="region" aria-label="Bytes of the record" tabIndex={0}>
      {form === 'text' ? (
        <pre className="letter-text">{text}</pre>
      ) : (
        rows.map((row) => <Row key={row.at} row={row} faultAt={faultAt} />)
      )}
    </div>
  );
}

function Row({ row: { at, hex, text }, faultAt }: { readonly row: HexRow; readonly faultAt: number | null }) {
  const mark = faultAt === null || faultAt < at || faultAt >= at + hex.length ? null : faultAt - at;
  const characters = [...text];
  return (
    <div className="hex-row">
      <span className="ink-3">{at.toString(16).padStart(4, '0')}</span>
      <span className="hex-bytes">
        {hex.slice(0, mark ?? hex.length).map(spaced(0))}
        {mark !== null && <mark className="hex-fault">{hex[mark]}</mark>}
        {mark !== null && hex.slice(mark + 1).map(spaced(mark + 1, ' '))}
      </span>
      <span className="ink-1">
        {characters.slice(0, mark ?? characters.length).join('')}
        {mark !== null && <mark className="hex-fault">{characters[mark]}</mark>}
        {mark !== null && characters.slice(mark + 1).join('')}
      </span>
    </div>
  );
}

/** A wider gap in the middle of a row, so that the eye can count. */
const spaced =
  (first: number, before = '') =>
  (byte: string, index: number): string => {
    const place = first + index;
    const gap = place === 7 ? '  ' : ' ';
    return before && index === 0 ? `${place === 8 ? '  ' : ' '}${byte}${gap}` : `${byte}${gap}`;
  };
