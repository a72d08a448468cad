/** `app://console`: the page's own scheme, so that it has an origin, and no way to files beside its own. */
import { readFile } from 'node:fs/promises';
import { protocol } from 'electron';
import { CONTENT_SECURITY_POLICY } from './csp.ts';
import { resolveFile } from './files.ts';

/** To be called before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
}

export function serveFiles(folder: string): void {
  protocol.handle('app', async ({ url }) => {
    const found = await resolveFile(folder, url);
    if (!found) return new Response('not found', { status: 404, headers: HEADERS });
    return new Response(await readFile(found.file), { headers: { ...HEADERS, 'content-type': found.type } });
  });
}

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};
