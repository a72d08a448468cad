/** `sluice connector`: how changes leave PostgreSQL, and what can be done about the connector. */
import type { CaptureView, ConnectorCard, Ensured } from '../console/contract.ts';
import { bytes, count, duration } from '../console/words.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export type ConnectorWhat = 'status' | 'ensure' | 'restart' | 'pause' | 'resume';

export interface ConnectorAsked {
  readonly what: ConnectorWhat;
  /** `ensure` only shows without it. */
  readonly yes: boolean;
  readonly json: boolean;
}

export function connector(terminal: Terminal, { what, yes, json }: ConnectorAsked): Promise<number> {
  return withConsole(terminal, async (console) => {
    if (what === 'ensure')
      return tellEnsured(terminal, await console.call('connector.ensure', { confirm: yes }), yes, json);
    const view = await console.call(what === 'status' ? 'connector.view' : `connector.${what}`, {});
    if (json) terminal.out(JSON.stringify(view));
    else captureLines(view).forEach(terminal.out);
    return isWell(view) ? EXIT.well : EXIT.queryFailed;
  });
}

/** Without a connector there is nothing that could be wrong with it. */
const isWell = ({ connector: card, connectorError, slot }: CaptureView): boolean =>
  connectorError === null && (card === null || !['FAILED', 'ABSENT'].includes(card.state)) && slot?.wal !== 'lost';

function tellEnsured(terminal: Terminal, { did, changes }: Ensured, yes: boolean, json: boolean): number {
  if (json) terminal.out(JSON.stringify({ did: yes ? did : 'nothing', would: did, changes }));
  const tell = json ? terminal.err : terminal.out;
  if (did === 'nothing') tell('The connector is as Sluice wants it.');
  for (const { name, from, to } of changes) tell(`  ${name}: ${from ?? 'absent'} -> ${to ?? 'absent'}`);
  if (did === 'nothing') return EXIT.well;
  const words = { created: ['Created', 'created'], updated: ['Updated', 'updated'] }[did];
  if (yes) {
    tell(`${words[0]} the connector with ${count(changes.length, 'setting')}.`);
    return EXIT.well;
  }
  terminal.err(`Nothing was done: the connector would be ${words[1]} with these. Add "--yes" to do it.`);
  return EXIT.usage;
}

export function captureLines(view: CaptureView): string[] {
  return [...connectorLines(view), ...slotLines(view)];
}

function connectorLines({ connector: card, connectorError, without }: CaptureView): string[] {
  if (connectorError) return [`Connector  ${connectorError.code}: ${connectorError.message}. ${connectorError.action}`];
  if (!card) return [`Connector  ${without ?? 'none'}`];
  return [
    `Connector  ${card.name}  ${card.state}  (connector ${card.connector}${tasksOf(card)}) on ${card.url}`,
    ...(card.reason ? [`  ${card.reason}`] : []),
    ...card.findings.map(({ name, seen, expected, why }) => `  ${name} = ${seen}, better ${expected}: ${why}`),
    ...card.changes.map(({ name, from, to }) => `  differs: ${name}: ${from ?? 'absent'}, wanted ${to ?? 'absent'}`),
  ];
}

const tasksOf = ({ tasks }: ConnectorCard): string => tasks.map(({ id, state }) => `, task ${id} ${state}`).join('');

function slotLines({ slot, slotName, slotError, growth }: CaptureView): string[] {
  if (slotError) return [`Slot       ${slotError.message}`];
  if (!slot) return [`Slot       there is none named ${slotName}`];
  const state = slot.wal === 'lost' ? 'LOST' : slot.active ? 'READ' : 'INACTIVE';
  const limit = slot.limitBytes === null ? 'no limit' : `limit ${bytes(slot.limitBytes)}`;
  const pace =
    growth.perMinute === null
      ? ''
      : `, ${bytes(Math.abs(growth.perMinute))}/min ${growth.perMinute < 0 ? 'less' : 'more'}`;
  const left = growth.lostInMs === null ? '' : `, lost in ${duration(growth.lostInMs)}`;
  return [
    `Slot       ${slot.name}  ${state}  ${bytes(slot.retainedBytes)} of log kept, ${limit}${pace}${left}`,
    `           confirmed ${slot.confirmedLsn ?? 'nothing'}, current ${slot.currentLsn}`,
  ];
}
