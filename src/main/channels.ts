/** The two channels between page and main process. There are no others. */
export const CALL = 'console:call';
export const EVENT = 'console:event';

/** The page, and the only address that may call. */
export const ORIGIN = 'app://console';
export const PAGE = `${ORIGIN}/index.html`;
