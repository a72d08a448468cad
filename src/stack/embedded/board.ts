/** Keeps what is known about the stack, and tells the listener whenever it looks different to people. */
import { toErrorView } from '../../pipeline/errors.ts';
import type { StackEvent } from '../stack.ts';
import type { ServicesStatus } from './protocol.ts';
import { serviceViews, type StackFacts } from './views.ts';

export interface Board {
  facts(): StackFacts;
  update(this: void, change: Partial<StackFacts>): void;
  onStatus(this: void, status: ServicesStatus): void;
  /** For `catch`: notes the failure and throws it on. */
  failed(change: Partial<StackFacts>): (error: unknown) => never;
}

export function newBoard(lakehouse: string, onEvent: (event: StackEvent) => void): Board {
  let facts: StackFacts = {
    postgresState: 'STOPPED',
    postgres: null,
    servicesState: 'STOPPED',
    address: null,
    status: null,
    lakehouse,
    trouble: null,
  };
  const told = { services: '', producer: '' };
  const tell = (kind: keyof typeof told, value: unknown, event: StackEvent): void => {
    const text = JSON.stringify(value);
    if (told[kind] === text) return;
    told[kind] = text;
    onEvent(event);
  };
  const update = (change: Partial<StackFacts>): void => {
    facts = { ...facts, ...change };
    const services = serviceViews(facts);
    tell('services', services, { type: 'services', services });
  };
  return {
    facts: () => facts,
    update,
    onStatus(status) {
      update({ status });
      tell('producer', status.producer, { type: 'producer', producer: status.producer });
    },
    failed: (change) => (error) => {
      update({ ...change, trouble: toErrorView(error).message });
      throw error;
    },
  };
}
