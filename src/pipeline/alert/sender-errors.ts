/** What sending has to say to a person when Slack does not take messages. */
import { SluiceError } from '../errors.ts';

const EXPECTED = 'a webhook that takes messages';

export function pausedError(reason: string): SluiceError {
  return new SluiceError('ALERTS_PAUSED', {
    tried: 'Sending alerts to Slack',
    seen: bare(reason),
    expected: EXPECTED,
    action:
      'Repair the webhook in Slack and resume, or set one that works and start Alert again; all that waits is kept.',
  });
}

export function testRefused(reason: string): SluiceError {
  return new SluiceError('ALERTS_PAUSED', {
    tried: 'Sending a test message to Slack',
    seen: bare(reason),
    expected: EXPECTED,
    action: 'Correct SLACK_WEBHOOK_URL, or try again when Slack answers.',
  });
}

/** A sentence without its stop, for the middle of another. */
function bare(reason: string): string {
  return reason.replace(/\.$/, '');
}
