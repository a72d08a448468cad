/** Thread entry of a stack: runs its services, or the producer alone, so that the main thread stays free. */
import { parentPort } from 'node:worker_threads';
import { assertNever, SluiceError, toErrorView } from '../../pipeline/errors.ts';
import { startProducerAlone, type ProducerAlone } from '../producer/alone.ts';
import type { ProducerView } from '../stack.ts';
import type { StackReply, StackRequest } from './protocol.ts';
import { startServices, type Services } from './services.ts';

const STATUS_MS = 1_000;

let services: Services | null = null;
let alone: ProducerAlone | null = null;
let timer: NodeJS.Timeout | undefined;

function post(reply: StackReply): void {
  parentPort?.postMessage(reply);
}

async function answer(request: StackRequest): Promise<unknown> {
  switch (request.type) {
    case 'start':
      services = await startServices(request.config, (source, level, message) =>
        post({ type: 'log', line: { at: Date.now(), source, level, message } }),
      );
      await tell();
      timer = setInterval(() => void tell(), STATUS_MS);
      return services.address;
    case 'start-producer':
      alone = startProducerAlone(request.frauddb, (level, message) =>
        post({ type: 'log', line: { at: Date.now(), source: 'producer', level, message } }),
      );
      await tell();
      timer = setInterval(() => void tell(), STATUS_MS);
      return null;
    case 'produce':
      return running().producer.start(request.settings);
    case 'pause':
      return running().producer.pause();
    case 'test':
      return running().producer.sendTest(request.kind);
    case 'play':
      return running().producer.play(request.name);
    case 'stop':
      clearInterval(timer);
      await (services ?? alone)?.stop();
      return null;
    default:
      return assertNever(request);
  }
}

let toldLast = '';

async function tell(): Promise<void> {
  if (alone) return tellProducer(alone.producer.view());
  if (services) post({ type: 'status', status: await services.status() });
}

function tellProducer(producer: ProducerView): void {
  const text = JSON.stringify(producer);
  if (text !== toldLast) post({ type: 'producer', producer });
  toldLast = text;
}

function running(): ProducerAlone {
  const found = services ?? alone;
  if (found) return found;
  throw new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Using the producer',
    seen: 'the services of the stack are not up',
    expected: 'a stack that has started',
    action: 'Wait until the stack is up, then try again.',
  });
}

parentPort?.on('message', (request: StackRequest) => {
  answer(request)
    .then((value) => post({ type: 'reply', seq: request.seq, value: value ?? null }))
    .catch((error: unknown) => post({ type: 'refused', seq: request.seq, error: toErrorView(error) }))
    .finally(() => {
      // Nothing else may hold the thread: what is still open now would only delay the end.
      if (request.type === 'stop') parentPort?.close();
    });
});
