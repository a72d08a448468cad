import { ActionIcon, Modal } from '@mantine/core';
import { X } from 'lucide-react';
import { Fragment } from 'react';

const KEYS: readonly (readonly [readonly string[], string])[] = [
  [['Ctrl', '1 to 9'], 'Go to a screen'],
  [['Ctrl', 'L'], 'Logs'],
  [['Ctrl', 'F'], 'Search on this screen'],
  [['Ctrl', 'R'], 'Restart the query that Queries shows'],
  [['Space'], 'Hold the fraud feed still, or go on'],
  [['↑', '↓'], 'Walk through a table'],
  [['Enter'], 'Open or close the row'],
  [['Esc'], 'Close the detail'],
  [['End'], 'Follow the log again'],
  [['?'], 'This sheet'],
];

export function ShortcutSheet({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      padding={20}
      attributes={{ content: { 'aria-label': 'Keys' } }}
    >
      <div className="row" style={{ marginBottom: 12 }}>
        <h2 className="error-title">Keys</h2>
        <span className="grow" />
        <ActionIcon size="xs" onClick={onClose} aria-label="Close the sheet">
          <X size={14} />
        </ActionIcon>
      </div>
      <dl className="facts" style={{ gap: '10px 20px' }}>
        {KEYS.map(([keys, meaning]) => (
          <Fragment key={meaning}>
            <dt className="row" style={{ gap: 4 }}>
              {keys.map((key) => (
                <kbd className="kbd" key={key}>
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  );
}
