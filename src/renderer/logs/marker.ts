/** Clearing the log is a marker, not a loss, and it stays when another screen is shown meanwhile. */
import { useState } from 'react';

let kept = 0;

export function useMarker(): readonly [number, (after: number) => void] {
  const [marker, setMarker] = useState(kept);
  const set = (after: number) => {
    kept = after;
    setMarker(after);
  };
  return [marker, set];
}
