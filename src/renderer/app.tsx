/** The window: title bar, menu, one screen, status bar; and what lies over it while there is no console to show. */
import { useEffect, useState, type ComponentType } from 'react';
import { Checkpoints } from './checkpoints/checkpoints.tsx';
import { DeadLetters } from './dead-letters/dead-letters.tsx';
import { Deliveries } from './deliveries/deliveries.tsx';
import { Feed } from './feed/feed.tsx';
import { isTyping } from './keys.ts';
import { Lag } from './lag/lag.tsx';
import { Logs } from './logs/logs.tsx';
import { Overview } from './overview/overview.tsx';
import { useZoneChoice, ZoneProvider } from './preferences.ts';
import { Queries } from './queries/queries.tsx';
import { link, SCREENS, useRoute, type ScreenName } from './route.ts';
import { Banners } from './shell/banners.tsx';
import { NoConsole, StoppingCurtain } from './shell/curtains.tsx';
import { ShortcutSheet } from './shell/shortcuts.tsx';
import { SideBar } from './shell/side-bar.tsx';
import { StatusBar } from './shell/status-bar.tsx';
import { TitleBar } from './shell/title-bar.tsx';
import { Stack } from './stack/stack.tsx';
import { useView } from './store.ts';

const PAGES: Readonly<Record<ScreenName, ComponentType>> = {
  overview: Overview,
  feed: Feed,
  queries: Queries,
  checkpoints: Checkpoints,
  lag: Lag,
  'dead-letters': DeadLetters,
  deliveries: Deliveries,
  stack: Stack,
  logs: Logs,
};

export function App() {
  const { screen } = useRoute();
  const [zone, chooseZone] = useZoneChoice();
  const failure = useView((view) => view.failure);
  const [sheet, setSheet] = useState(false);
  useShortcuts(() => setSheet(true));
  const Screen = PAGES[screen];
  return (
    <ZoneProvider value={zone}>
      <div className="window">
        <TitleBar zone={zone} onZone={chooseZone} />
        <SideBar screen={screen} />
        <main className="main" aria-label={screen}>
          <Banners />
          {failure ? <NoConsole error={failure} /> : <Screen />}
        </main>
        <StatusBar />
      </div>
      <StoppingCurtain />
      <ShortcutSheet opened={sheet} onClose={() => setSheet(false)} />
    </ZoneProvider>
  );
}

/** Keys that work on every screen. Keys of one screen are in that screen. */
function useShortcuts(openSheet: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === '?' && !isTyping(event.target)) openSheet();
      else if (event.ctrlKey || event.metaKey) followKey(event);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
}

function followKey(event: KeyboardEvent): void {
  const screen = event.key === 'l' ? 'logs' : SCREENS[Number(event.key) - 1];
  if (screen) location.hash = link(screen);
  else if (event.key === 'f') document.querySelector<HTMLInputElement>('input[type="search"]')?.focus();
  else return;
  event.preventDefault();
}
