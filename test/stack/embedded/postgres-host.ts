/** A process that starts PostgreSQL for a home and waits to be killed. The home comes by IPC; the pid goes back. */
import { startPostgres } from '../../../src/stack/embedded/postgres.ts';

process.once('message', (options: { home: string; appRoot: string }) => {
  startPostgres(options).then(
    ({ pid, port, adopted }) => process.send?.({ pid, port, adopted }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
