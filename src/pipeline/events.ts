/**
 * The vocabulary that travels from a query to its supervisor, and on to the window and the terminal.
 * Everything here is plain data: it crosses threads, sockets and IPC as it is. 64-bit numbers are decimal text.
 */
export * from './events/alerts.ts';
export * from './events/checkpoint.ts';
export * from './events/log.ts';
export * from './events/quarantine.ts';
export * from './events/query.ts';
export * from './events/table.ts';
export * from './events/worker.ts';
