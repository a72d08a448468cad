import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { app } from 'electron';

// Starts the worker as the app starts its own, and prints what it found out as the last line of stdout.
app.on('ready', () => {
  const worker = new Worker(path.join(__dirname, 'worker.cjs'));
  worker.on('message', (report) =>
    process.stdout.write(`\n${JSON.stringify({ versions: process.versions, report })}\n`),
  );
  worker.on('error', (error) => {
    process.stderr.write(`${error.stack}\n`);
    app.exit(1);
  });
  worker.on('exit', () => app.exit(0));
});
