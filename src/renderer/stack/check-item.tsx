import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Copy } from 'lucide-react';
import { useState } from 'react';
import type { CheckView } from '../../console/contract.ts';
import { ask, CommandError } from '../bridge.ts';
import { copyText } from '../components/copy.ts';
import { StatusMark } from '../components/status.tsx';
import { toast, toastError } from '../components/toast.ts';
import { useStore } from '../store.ts';
import { checkWord } from './words.ts';

interface CheckItemProps {
  readonly check: CheckView;
  readonly onFixed: (check: CheckView) => void;
}

export function CheckItem({ check, onFixed }: CheckItemProps) {
  const { state, title, seen, looked, expected, fix } = check;
  const [asking, setAsking] = useState(false);
  const wants = state === 'failed' || state === 'warn';
  return (
    <li className="check" aria-label={title}>
      <StatusMark word={checkWord(state)} />
      <div className="col grow">
        <span className="check-title">{title}</span>
        <span className="text ink-3 seen" title={`Looked at ${looked}`}>
          {seen}
        </span>
        {wants && (
          <div className="col check-fix">
            <span className="text ink-3">Expected {expected}.</span>
            {fix && <span className="text ink-2">{fix.text}</span>}
            {fix?.command && !asking && <Command text={fix.command} />}
            {asking && <Agree check={check} onFixed={onFixed} onCancel={() => setAsking(false)} />}
          </div>
        )}
      </div>
      {fix?.action && !asking && (
        <Button size="xs" onClick={() => setAsking(true)}>
          {fix.action.label}…
        </Button>
      )}
      {!wants && <span className="text ink-3 outcome">{state}</span>}
    </li>
  );
}

function Command({ text }: { readonly text: string }) {
  const copy = (): void => {
    copyText(text);
    toast('The command is in the clipboard.');
  };
  return (
    <div className="row command">
      <code className="mono grow" tabIndex={0}>
        {text}
      </code>
      <Tooltip label="Copy the command">
        <ActionIcon size="xs" onClick={copy} aria-label={`Copy ${text}`}>
          <Copy size={12} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

/** What will be run, and the two ways from here. */
function Agree({ check, onFixed, onCancel }: CheckItemProps & { readonly onCancel: () => void }) {
  const { bridge } = useStore();
  const [busy, setBusy] = useState(false);
  const action = check.fix?.action;
  if (!action) return null;
  const run = async (): Promise<void> => {
    setBusy(true);
    try {
      const result = await ask(bridge, 'doctor.fix', { id: check.id, will: [...action.will] });
      toast(`${check.title}: ${result.check.state}.`);
      onFixed(result.check);
      onCancel();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      toastError(error.view);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="col agree" role="group" aria-label={`What ${action.label} will run`}>
      <span className="label">This will be run</span>
      <pre className="code-box wraps" tabIndex={0}>
        {action.will.join('\n')}
      </pre>
      <div className="row">
        <Button size="xs" variant="filled" loading={busy} onClick={() => void run()}>
          {action.label}
        </Button>
        <Button size="xs" variant="subtle" disabled={busy} onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
