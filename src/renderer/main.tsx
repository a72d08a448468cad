import './styles/index.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { createStore, StoreProvider } from './store.ts';
import { theme } from './theme.ts';

const root = document.getElementById('root');
if (!root || !window.sluice) throw new Error('the page was opened without its bridge: start it through Sluice');

createRoot(root).render(
  <StrictMode>
    {/* Mantine's variables come from files: a <style> in the page would break the content security policy. */}
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <StoreProvider value={createStore(window.sluice)}>
        <App />
        {/* Below a sheet: a toast never covers what is to be confirmed there. */}
        <Notifications
          position="bottom-right"
          limit={4}
          pauseResetOnHover="notification"
          containerWidth={360}
          zIndex={150}
        />
      </StoreProvider>
    </MantineProvider>
  </StrictMode>,
);
