/** One line at the bottom right for 6 s. Never for a failed query: that is shown where the query is. */
import { notifications } from '@mantine/notifications';
import type { ErrorView } from '../../console/contract.ts';

export function toast(message: string): void {
  notifications.show({ message, autoClose: 6_000, withBorder: true, color: 'var(--fill)' });
}

/** A command that was refused: it stays until it is closed, because it asks for something. */
export function toastError(error: ErrorView): void {
  notifications.show({
    title: `${error.code}: ${error.seen}`,
    message: error.action,
    autoClose: false,
    color: 'var(--fail)',
  });
}
