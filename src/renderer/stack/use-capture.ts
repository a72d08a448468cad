import { useEffect, useState } from 'react';
import type { CaptureView } from '../../console/contract.ts';
import { useAnswer } from '../components/use-answer.ts';
import type { Answer } from '../components/use-answer.ts';

const LOOK_MS = 5_000;

/** The connector and its slot, looked at every few seconds while the screen is shown. */
export function useCapture(): Answer<CaptureView> & { readonly look: () => void } {
  const [stamp, setStamp] = useState(0);
  const look = (): void => setStamp((last) => last + 1);
  useEffect(() => {
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return { ...useAnswer('connector.view', {}, String(stamp)), look };
}
