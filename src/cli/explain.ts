/** `sluice explain`: why Alert gave a transaction its score. */
import type { ScoreExplanation } from '../console/contract.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export function explain(terminal: Terminal, transNum: string, json: boolean): Promise<number> {
  return withConsole(terminal, async (console) => {
    const found = await console.call('transaction.explain', { transNum });
    if (json) terminal.out(JSON.stringify(found));
    else explanationLines(found).forEach(terminal.out);
    return EXIT.well;
  });
}

export function explanationLines(found: ScoreExplanation): string[] {
  const { probability, level, isFraud, modelVersion, stored, contributions, explanation, defaultsUsed } = found;
  const verdict = `${isFraud ? 'fraud' : 'no fraud'}, ${level}, ${probability.toFixed(4)} by ${modelVersion}`;
  const then =
    stored.modelVersion === modelVersion && stored.probability === probability
      ? []
      : [`stored     ${stored.probability.toFixed(4)} by ${stored.modelVersion}`];
  const moved = (contributions?.inputs ?? []).map(
    ({ feature, value, contribution }) =>
      `${signed(contribution)}  ${feature.padEnd(20)}${Number.isInteger(value) ? value : value.toFixed(2)}`,
  );
  return [
    `score      ${verdict}`,
    ...then,
    ...(defaultsUsed.length > 0 ? [`defaults   ${defaultsUsed.join(', ')}`] : []),
    ...(contributions === null ? [] : ['what each input added, in log-odds:', `${signed(contributions.base)}  start`]),
    ...moved,
    ...(explanation.length > 0 ? ['in words:', ...explanation.map((line) => `- ${line}`)] : []),
  ];
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`.padStart(9);
}
