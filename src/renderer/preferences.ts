/** What a person chose for this window: the time zone. (Mantine keeps the colour scheme the same way.) */
import { createContext, useContext } from 'react';
import { useLocalStorage } from '@mantine/hooks';
import type { Zone } from './format.ts';

const ZoneContext = createContext<Zone>('UTC');
export const ZoneProvider = ZoneContext.Provider;

/** The zone of every time on screen. */
export const useZone = (): Zone => useContext(ZoneContext);

export function useZoneChoice(): readonly [Zone, (zone: Zone) => void] {
  const [zone, choose] = useLocalStorage<Zone>({ key: 'sluice-zone', defaultValue: 'UTC' });
  return [zone === 'local' ? 'local' : 'UTC', choose];
}
