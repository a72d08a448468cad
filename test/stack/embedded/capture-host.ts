/** A process that does nothing but capture, to be killed by a test. Settings come by IPC; every status goes back. */
import { startCapture } from '../../../src/stack/embedded/capture.ts';
import type { CaptureSettings } from '../../../src/stack/embedded/capture-settings.ts';

process.once('message', (settings: CaptureSettings) => {
  const capture = startCapture(settings, (level, message) => process.send?.({ level, message }));
  void capture.streaming.then(() => process.send?.({ level: 'info', message: 'ready' }));
});
