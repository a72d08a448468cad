import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ConnectorCard } from '../../console/contract.ts';
import { Act } from '../components/query-actions.tsx';
import { useCommand } from '../components/use-command.ts';
import { StatusMark } from '../components/status.tsx';
import { plural } from '../format.ts';
import { Check } from 'lucide-react';

interface ConfigDifferenceProps {
  readonly card: ConnectorCard;
  readonly onDone: () => void;
}

/** Wanted against present. Nothing is changed before the table has been seen and agreed to. */
export function ConfigDifference({ card, onDone }: ConfigDifferenceProps) {
  const [open, setOpen] = useState(false);
  const { changes, findings, state } = card;
  const absent = state === 'ABSENT';
  if (changes.length === 0 && findings.length === 0) {
    return (
      <p className="row text ink-3">
        <StatusMark word="OK" /> Its configuration is as Sluice wants it.
      </p>
    );
  }
  return (
    <div className="col gap-3">
      {findings.map(({ name, seen, expected, why, severity }) => (
        <p key={name} className="row text ink-2 top">
          <StatusMark word={severity === 'warn' ? 'WARN' : 'FAILED'} />
          <span>
            <span className="mono ink-1">
              {name} = {seen}
            </span>{' '}
            {why} Better <span className="mono">{expected}</span>.
          </span>
        </p>
      ))}
      {changes.length > 0 && (
        <div className="row text ink-2">
          <span className="grow">
            {absent
              ? `There is no connector yet; Sluice would create it with ${plural(changes.length, 'setting')}.`
              : `${plural(changes.length, 'setting')} ${changes.length === 1 ? 'is' : 'are'} not as Sluice wants ${changes.length === 1 ? 'it' : 'them'}.`}
          </span>
          <Button variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide the difference' : 'Show the difference'}
          </Button>
        </div>
      )}
      {open && <Changes card={card} onDone={onDone} />}
    </div>
  );
}

function Changes({ card, onDone }: ConfigDifferenceProps) {
  const [busy, run] = useCommand();
  const absent = card.state === 'ABSENT';
  const apply = async () => {
    if (
      await run(
        'connector.ensure',
        { confirm: true },
        absent ? 'The connector is created.' : 'The connector is changed.',
      )
    )
      onDone();
  };
  return (
    <>
      <div className="boxed">
        <table className="table compact">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Present</th>
              <th scope="col">Wanted</th>
            </tr>
          </thead>
          <tbody>
            {card.changes.map(({ name, from, to }) => (
              <tr key={name}>
                <td className="mono" title={name}>
                  {name}
                </td>
                <td className="mono" title={from ?? undefined}>
                  {from ?? <span className="ink-3">absent</span>}
                </td>
                <td className="mono" title={to ?? undefined}>
                  {to}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="row">
        <span className="grow text ink-3">
          {absent
            ? 'It begins with a snapshot of all rows.'
            : 'Settings that only the present one has are kept. The task starts anew.'}
        </span>
        <Act
          label={absent ? 'Create the connector' : 'Set as wanted'}
          icon={<Check size={13} />}
          why={null}
          busy={busy}
          primary
          act={() => void apply()}
        />
      </div>
    </>
  );
}
