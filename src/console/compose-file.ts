/** Where the compose file of the docker stack is: `SLUICE_COMPOSE_FILE`, else the one beside the program. Pure. */
import path from 'node:path';

/** @param cwd where a relative path begins @param appRoot the folder of the program */
export function composeFileOf(env: Readonly<Record<string, string | undefined>>, cwd: string, appRoot: string): string {
  const set = env['SLUICE_COMPOSE_FILE'];
  return set ? path.resolve(cwd, set) : path.join(appRoot, 'docker-compose.yml');
}
