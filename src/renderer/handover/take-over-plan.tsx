/** The parts of what taking over would do. */
import type { TakeOverView } from '../../console/contract.ts';
import type { QueryName } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { Fact } from '../components/page.tsx';
import { Path } from '../components/path.tsx';
import { Part, Sentences } from '../components/sheet.tsx';
import { TITLES } from '../components/query-actions.tsx';
import { count, longSpan, offset, plural } from '../format.ts';

interface Props {
  readonly view: TakeOverView;
}

/** Both sides beside each other: what the checkpoint says, and what is in the table. */
export function Standing({ view }: Props) {
  const now = useNow();
  const { checkpoint, table, topic, engine, lag } = view;
  const ago = (at: number | null | undefined) => (at == null ? 'never' : `${longSpan(now - at)} ago`);
  const waiting = lag?.reduce((sum, each) => sum + each.lag, 0);
  return (
    <Part number={1} title="Where it stands">
      <dl className="facts" style={{ rowGap: 8 }}>
        <dt>Checkpoint</dt>
        <dd>
          <Path text={checkpoint.path} />
        </dd>
        {table && (
          <>
            <dt>Table</dt>
            <dd>
              <Path text={table.path} />
            </dd>
          </>
        )}
        <dt>Made by</dt>
        <dd>
          {engine ?? 'nobody yet'}, from topic <span className="mono">{topic ?? 'unknown'}</span>
          {waiting !== undefined && `, where ${plural(waiting, 'record')} wait`}
        </dd>
      </dl>
      <div className="boxed">
        <table className="table compact">
          <thead>
            <tr>
              <th scope="col">Newest batch</th>
              <th scope="col" className="num">
                Checkpoint
              </th>
              {table && (
                <th scope="col" className="num">
                  Table
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            <tr>
              <td>Promised</td>
              <td className="num">{checkpoint.lastOffsets ?? 'none'}</td>
              {table && <td className="num">–</td>}
            </tr>
            <tr>
              <td>Finished</td>
              <td className="num">
                <b>{checkpoint.lastCommit ?? 'none'}</b>
              </td>
              {table && (
                <td className="num">
                  <b>{table.txn ?? 'no mark'}</b>
                </td>
              )}
            </tr>
            <tr>
              <td>Written</td>
              <td className="num">{ago(checkpoint.newestAt)}</td>
              {table && (
                <td className="num">
                  {table.version < 0 ? 'there is none' : `v${table.version}, ${ago(table.lastCommitAt)}`}
                </td>
              )}
            </tr>
          </tbody>
        </table>
      </div>
    </Part>
  );
}

export function Steps({ query, does }: { readonly query: QueryName; readonly does: readonly string[] }) {
  return (
    <Part number={2} title={`What ${TITLES[query]} will do`}>
      <Sentences of={does} />
    </Part>
  );
}

/** Spark writes no dead letters; what the topic has removed since can no longer be looked through. */
export function ReadAgain({ view: { readAgain }, number }: Props & { readonly number: number }) {
  if (readAgain === null || readAgain.batches === 0) return null;
  const { batches, records, gone } = readAgain;
  const lost = gone.reduce((sum, { from, to }) => sum + Number(BigInt(to) - BigInt(from)), 0);
  return (
    <Part number={number} title="What is read again for dead letters" sub="beside the batches">
      <div className="boxed row gap-4 padded">
        <span className="text ink-2 grow">Spark writes the rows alone: no dead letters, no notes.</span>
        <Fact label="Batches">{count(batches)}</Fact>
        <Fact label="Records">{count(records)}</Fact>
        <Fact label="Unaudited">
          <span className={lost > 0 ? 'tone-high' : undefined}>{count(lost)}</span>
        </Fact>
      </div>
      {gone.length > 0 && (
        <div className="boxed">
          <table className="table compact">
            <thead>
              <tr>
                <th scope="col">Gone from the topic</th>
                <th scope="col" className="num">
                  From
                </th>
                <th scope="col" className="num">
                  Topic begins at
                </th>
                <th scope="col" className="num">
                  Unaudited
                </th>
              </tr>
            </thead>
            <tbody>
              {gone.map(({ partition, from, to }) => (
                <tr key={partition}>
                  <td>
                    <b>p{partition}</b>
                  </td>
                  <td className="num">{offset(from)}</td>
                  <td className="num">{offset(to)}</td>
                  <td className="num">
                    <b className="tone-high">{count(Number(BigInt(to) - BigInt(from)))}</b>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Part>
  );
}
