/** `sluice trace`: one transaction, from its change event to the file and the message it ended in. */
import { count } from '../console/words.ts';
import type { BronzeStep, DeliveryStep, EventStep, TransactionTrace } from '../console/contract.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** Ends with 1 when nobody has seen the number. */
export function trace(terminal: Terminal, transNum: string, json: boolean): Promise<number> {
  return withConsole(terminal, async (console) => {
    const found = await console.call('transaction.trace', { transNum });
    if (json) terminal.out(JSON.stringify(found));
    else traceLines(found).forEach(terminal.out);
    const { stored, prediction, waiting } = found;
    return (stored ?? prediction ?? waiting) ? EXIT.well : EXIT.queryFailed;
  });
}

export function traceLines({ event, stored, bronze, prediction, waiting, delivery }: TransactionTrace): string[] {
  const scored =
    prediction === null
      ? waiting === null
        ? 'not scored'
        : `waits for its score, tried ${count(waiting.attempts, 'time')}`
      : `${prediction.isFraud ? `fraud, ${prediction.level}` : 'no fraud'} ${prediction.probability.toFixed(4)} by ${prediction.modelVersion}, batch ${prediction.batchId ?? 'unknown'}, ${time(prediction.at)}`;
  return [
    line('Change event', event === null ? ['not read by Alert'] : eventWords(event)),
    line('Stored', [stored === null ? 'no' : `$${stored.amount} at ${stored.merchant}, card ${stored.card}`]),
    line('Bronze', bronzeWords(bronze)),
    line('Alert', [scored]),
    line('Slack', delivery === null ? ['nothing'] : deliveryWords(delivery)),
  ].flat();
}

function eventWords({ partition, offset, op, committedAt, lsn, unread }: EventStep): string[] {
  const change = op === null ? [] : [`op ${op}`];
  const commit = committedAt === null ? [] : [`committed ${time(committedAt)}`];
  const place = [`p${partition} offset ${offset}`, ...change, ...commit, ...(lsn === null ? [] : [`LSN ${lsn}`])];
  return [place.join(', '), ...(unread === null ? [] : [unread])];
}

function bronzeWords({ batch, rows, files, filesSearched }: BronzeStep): string[] {
  const told = batch === null ? [] : [`batch ${batch.id}, version ${batch.version}`];
  const places = rows.map(({ file, version }) => `${file}${version === null ? '' : ` (version ${version})`}`);
  const none = rows.length > 0 ? [] : [`no row in ${filesSearched} of ${count(files, 'file')} of its day`];
  return [...told, ...places, ...none];
}

function deliveryWords({ state, sentAt, sends }: DeliveryStep): string[] {
  const accepted = sends.find(({ outcome }) => outcome === 'accepted');
  const message = accepted ? `, message ${accepted.messageId}` : '';
  return [`${state}${sentAt === null ? '' : ` ${time(sentAt)}`}${message}`];
}

const line = (title: string, words: readonly string[]): string[] =>
  words.map((word, at) => `${(at === 0 ? title : '').padEnd(14)}${word}`);

const time = (ms: number): string => new Date(ms).toISOString();
