/** `npm run stack:init`: writes `.env` for the docker stack, with random passwords. What is set there already stays. */
import { initStack } from './lib/stack-env.mjs';
import { inRoot } from './lib/paths.mjs';
import { fail, say } from './lib/say.mjs';

try {
  const { file, written } = initStack(inRoot());
  say(written.length === 0 ? `${file} has all that the stack needs.` : `Wrote ${written.join(' and ')} to ${file}.`);
  say('Now: docker compose up -d --wait');
} catch (error) {
  fail(error);
}
