/** Where the window stands: `#queries/bronze/418`. A hash survives a reload, and the menu of the app can set it. */
import { useSyncExternalStore } from 'react';

export const SCREENS = [
  'overview',
  'feed',
  'queries',
  'checkpoints',
  'lag',
  'dead-letters',
  'deliveries',
  'stack',
  'logs',
] as const;
export type ScreenName = (typeof SCREENS)[number];

export interface Route {
  readonly screen: ScreenName;
  /** What follows the name of the screen, e.g. `['bronze', '418']`. */
  readonly rest: readonly string[];
}

export const link = (screen: ScreenName, ...rest: readonly (string | number)[]): string =>
  `#${[screen, ...rest].map((part) => encodeURIComponent(part)).join('/')}`;

export function parseRoute(hash: string): Route {
  const [name = '', ...rest] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const screen = SCREENS.find((known) => known === name);
  return screen ? { screen, rest } : { screen: 'overview', rest: [] };
}

/** Goes there without a new entry in the history: choosing a row is no journey. */
export function replaceRoute(screen: ScreenName, ...rest: readonly (string | number)[]): void {
  history.replaceState(null, '', link(screen, ...rest));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(onHashChange, () => location.hash));
}

function onHashChange(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}
