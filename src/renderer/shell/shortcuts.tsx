import { Modal } from '@mantine/core';
import { Fragment } from 'react';

const KEYS: readonly (readonly [readonly string[], string])[] = [
  [['Ctrl', '1 to 7'], 'Go to a screen'],
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
      title={<span className="error-title">Keys</span>}
      closeButtonProps={{ 'aria-label': 'Close the sheet' }}
    >
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
