import type { ClearFrom, ClearPreview } from '../../pipeline/events.ts';
import { Fact } from '../components/page.tsx';
import { Part } from '../components/sheet.tsx';
import { bytes, count, offset, plural } from '../format.ts';

interface Props {
  readonly preview: ClearPreview;
}

/** Where a cleared query may begin, in the words of the sheet. */
export const CHOICES: Readonly<Record<ClearFrom, string>> = {
  table: 'Continue from the table',
  earliest: 'Begin at the first record',
  latest: 'Begin at the end',
};

export function Choice({ preview }: Props) {
  return (
    <Part number={1} title={`Where ${preview.query === 'bronze' ? 'Bronze' : 'Alert'} goes on from`}>
      <div className="choice-card row gap-4">
        <div className="col grow">
          <span className="strong">{CHOICES[preview.from]}</span>
          <span className="text ink-2">From {preview.startsFrom}</span>
        </div>
        <Fact label="Read again">{count(preview.readAgain)}</Fact>
        {preview.from === 'latest' && (
          <Fact label="Skipped">
            <span className={preview.skipped > 0 ? 'tone-high' : undefined}>{count(preview.skipped)}</span>
          </Fact>
        )}
        <Fact label={preview.rowsDoubled > 0 ? 'Rows doubled, at most' : 'Rows doubled'}>
          <span className={preview.rowsDoubled > 0 ? 'tone-high' : undefined}>{count(preview.rowsDoubled)}</span>
        </Fact>
        <Fact label="Alerts again">
          <span className={preview.alertsAgain > 0 ? 'tone-high' : undefined}>{count(preview.alertsAgain)}</span>
        </Fact>
      </div>
    </Part>
  );
}

export function Partitions({ preview }: Props) {
  const waiting = preview.partitions.reduce((sum, each) => sum + each.waiting, 0);
  return (
    <Part number={2} title="What it will read">
      <div className="boxed">
        <table className="table compact">
          <thead>
            <tr>
              <th scope="col">Partition</th>
              <th scope="col" className="num">
                Checkpoint
              </th>
              <th scope="col" className="num">
                Starts at
              </th>
              <th scope="col" className="num">
                Read again
              </th>
              <th scope="col" className="num">
                Waiting
              </th>
            </tr>
          </thead>
          <tbody>
            {preview.partitions.map(({ partition, checkpoint, startsAt, readAgain, waiting: behind }) => (
              <tr key={partition}>
                <td>
                  <b>p{partition}</b>
                </td>
                <td className="num">{checkpoint === null ? 'none' : offset(checkpoint)}</td>
                <td className="num">
                  <b>{offset(startsAt)}</b>
                </td>
                <td className="num">{count(readAgain)}</td>
                <td className="num">{count(behind)}</td>
              </tr>
            ))}
            <tr>
              <td>
                <b>All</b>
              </td>
              <td />
              <td />
              <td className="num">
                <b>{count(preview.readAgain)}</b>
              </td>
              <td className="num">
                <b>{count(waiting)}</b>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </Part>
  );
}

export function Moves({ preview }: Props) {
  const objects = preview.moves.reduce((sum, each) => sum + each.objects, 0);
  const size = preview.moves.reduce((sum, each) => sum + each.bytes, 0);
  return (
    <Part number={3} title="What moves to the trash" sub={`${plural(objects, 'object')}, ${bytes(size)}`}>
      <div className="boxed moves">
        {preview.moves.map((move) => (
          <div key={move.path} className="row">
            <span className="mono grow cut" title={move.path}>
              {move.path}
            </span>
            <span className="ink-3 num">{plural(move.objects, 'object')}</span>
            <span className="ink-3 num">{bytes(move.bytes)}</span>
          </div>
        ))}
        <div className="mono ink-3 cut" title={preview.trash}>
          → {preview.trash}
        </div>
      </div>
    </Part>
  );
}
