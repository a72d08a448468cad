/** The doctor: looks at everything that the two queries stand on, says what is wrong, and repairs what it may. */
import type { Check } from './check.ts';
import { connectorChecks } from './checks/connector.ts';
import { kafkaChecks } from './checks/kafka.ts';
import { lakehouseChecks } from './checks/lakehouse.ts';
import { machineChecks } from './checks/machine.ts';
import { postgresChecks } from './checks/postgres.ts';
import { serviceChecks } from './checks/services.ts';
import { openInstruments, type InstrumentOptions, type Instruments } from './instruments.ts';
import type { ComposeService } from '../stack.ts';
import type { Patient } from './patient.ts';
import type { CheckId, DoctorReport, FixResult } from './report.ts';
import { runChecks, runFix } from './runner.ts';
import { startable } from './startable.ts';

/** All checks in the order in which they are shown; those that do not apply here say why. Pure. */
export function planChecks(patient: Patient): Check[] {
  const checks = [
    ...machineChecks(patient),
    ...kafkaChecks(patient),
    ...connectorChecks(patient),
    ...postgresChecks(patient),
    ...lakehouseChecks(patient),
    ...serviceChecks(patient),
  ];
  if (patient.profile !== 'docker') return checks;
  return checks.map((check) => {
    const service = SERVICES[check.id];
    return service ? startable(check, service) : check;
  });
}

/** Whose absence a check notices. */
const SERVICES: Readonly<Partial<Record<CheckId, ComposeService>>> = {
  kafka: 'kafka',
  connect: 'debezium-connect',
  postgres: 'postgres',
  bucket: 'minio',
  'fraud-api': 'fraud-api',
};

/** Makes all checks. Never throws. */
export function examine(patient: Patient, options: InstrumentOptions): Promise<DoctorReport> {
  return withInstruments(options, async (tools) => {
    const [at, began] = [Date.now(), performance.now()];
    const checks = await runChecks(planChecks(patient), tools);
    return { at, tookMs: Math.round(performance.now() - began), profile: patient.profile, checks };
  });
}

/**
 * Repairs what one check found, and makes the check again.
 * @param will what the person has been shown
 */
export function treat(
  patient: Patient,
  id: CheckId,
  will: readonly string[],
  options: InstrumentOptions,
): Promise<FixResult> {
  const check = planChecks(patient).find((each) => each.id === id);
  if (!check) throw new Error(`there is no check ${id}`);
  return withInstruments(options, (tools) => runFix(check, will, tools));
}

async function withInstruments<T>(options: InstrumentOptions, work: (tools: Instruments) => Promise<T>): Promise<T> {
  const tools = openInstruments(options);
  try {
    return await work(tools);
  } finally {
    await tools.close();
  }
}
