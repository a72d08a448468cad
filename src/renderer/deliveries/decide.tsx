/** What a person decides about alerts that nobody else can settle: send again, or give up. */
import { Button } from '@mantine/core';
import { RotateCw, Trash2 } from 'lucide-react';
import type { DeliveryView } from '../../pipeline/events.ts';
import { useCommand } from '../components/use-command.ts';
import { plural } from '../format.ts';

/** Whether a person has to decide. */
export const isOpen = ({ state }: DeliveryView): boolean => state === 'held' || state === 'dead';

export function Decide({ deliveries }: { readonly deliveries: readonly DeliveryView[] }) {
  const [busy, run] = useCommand();
  const transNums = deliveries.filter(isOpen).map(({ transNum }) => transNum);
  if (transNums.length === 0) return null;
  const all = transNums.length > 1 ? `all ${transNums.length} ` : '';
  const what = plural(transNums.length, 'alert');
  return (
    <div className="row">
      <Button
        variant="filled"
        leftSection={<RotateCw size={13} />}
        disabled={busy}
        onClick={() => void run('alerts.resend', { transNums }, `${what} will be sent again.`)}
      >
        Send {all}again
      </Button>
      <Button
        leftSection={<Trash2 size={13} />}
        disabled={busy}
        onClick={() => void run('alerts.discard', { transNums }, `${what} will not be sent.`)}
      >
        Discard {all}
      </Button>
    </div>
  );
}
