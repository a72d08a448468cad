/** Where Alert stores: in the captured database, or in one that is surely another. */
import { readIdentity } from '../../../pipeline/alert/serving.ts';
import { byHand, failed, passed } from '../check.ts';
import type { Instruments } from '../instruments.ts';
import type { PatientServers } from '../patient.ts';
import type { Finding } from '../report.ts';

export async function lookAtServing(tools: Instruments, servers: PatientServers): Promise<Finding> {
  const { captured, serving, servingDatabase } = servers;
  const [one, other] = await Promise.all([readIdentity(tools.sql(captured)), readIdentity(tools.sql(serving))]);
  const isSame = one !== null && one === other;
  if (servingDatabase === 'captured') {
    const expected = 'the captured database itself';
    if (isSame || one === null) return passed(`${serving.database}, the captured database`, expected);
    return failed(
      'two different databases, though alert.servingDatabase is captured',
      expected,
      byHand('Set alert.servingDatabase to separate.'),
    );
  }
  const expected = 'a database that is not captured';
  if (!isSame) return passed(`${serving.database} at ${serving.host}:${serving.port}, another database`, expected);
  const text =
    'Every row that Alert inserts there would come back as a change. Set alert.servingDatabase to captured, or SERVING_DATABASE_URL to another database.';
  return failed('SERVING_DATABASE_URL is the captured database', expected, byHand(text));
}
