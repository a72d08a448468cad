import { useEffect, useState } from 'react';
import type { ComposeService } from '../../console/contract.ts';
import { Sheet } from '../components/sheet.tsx';
import { Empty, Failure, LoadingRows } from '../components/states.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { preciseClock } from '../format.ts';
import { useZone } from '../preferences.ts';

const LOOK_MS = 2_000;

/** The newest lines of a container, the newest first, looked at every two seconds. */
export function ServiceLogSheet({
  service,
  onClose,
}: {
  readonly service: ComposeService;
  readonly onClose: () => void;
}) {
  const [stamp, setStamp] = useState(0);
  const zone = useZone();
  const { value, failure } = useAnswer('stack.logs', { service }, String(stamp));
  useEffect(() => {
    const timer = setInterval(() => setStamp((last) => last + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Sheet title={`Log of ${service}`} sub="the newest first" closing="Close the log" onClose={onClose}>
      {!value && !failure && <LoadingRows rows={8} />}
      {failure && <Failure error={failure} />}
      {value?.lines.length === 0 && <Empty title={`${service} has written nothing yet`} />}
      {value && value.lines.length > 0 && (
        <pre className="code-box grow" tabIndex={0}>
          {[...value.lines].reverse().map(({ id, at, text }) => (
            <div key={id}>
              <span className="dim">{preciseClock(at, zone)} </span>
              {text}
            </div>
          ))}
        </pre>
      )}
    </Sheet>
  );
}
