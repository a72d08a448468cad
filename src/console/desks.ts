/** Where a person looks at what the queries stand on: the doctor, and the capture with its slot. */
import type { LogLevel } from '../pipeline/events.ts';
import type { Endpoints, Stack } from '../stack/stack.ts';
import { openCapture, type CaptureDesk } from './capture.ts';
import type { Snapshot } from './contract.ts';
import { dockerOf, openDoctor, patientOf, serversOf, type DoctorDesk } from './doctor.ts';
import type { Ground } from './ground.ts';

export interface DesksOptions {
  /** Throws while there is none. */
  readonly ground: () => Ground;
  readonly stack: () => Stack | undefined;
  /** Null until the stack is up. */
  readonly endpoints: () => Endpoints | null;
  readonly snapshot: () => Snapshot;
  /** Throws why nothing can be looked at. */
  readonly refuse: () => never;
  readonly say: (level: LogLevel, message: string) => void;
  readonly migrationsFolder: string | undefined;
}

export interface Desks {
  readonly doctor: DoctorDesk;
  /** Servers that stand outside can be looked at whether or not the stack is up. */
  capture(): CaptureDesk;
  /** Ends what looks at the servers; the next look begins anew. */
  close(): Promise<void>;
}

export function openDesks({ ground, stack, endpoints, snapshot, refuse, say, migrationsFolder }: DesksOptions): Desks {
  let capture: CaptureDesk | undefined;
  const parts = () => ({ ground: ground(), stack: stack(), endpoints: endpoints(), snapshot: snapshot() });
  return {
    doctor: openDoctor({
      patient: () => patientOf({ ...parts(), migrationsFolder }),
      control: () => stack()?.control ?? null,
      docker: () => dockerOf(ground().profile, ground().env, ground().composeFile),
      say,
    }),
    capture: () => {
      const servers = serversOf(parts()) ?? refuse();
      capture ??= openCapture({ profile: snapshot().console.profile, servers, say });
      return capture;
    },
    close: async () => {
      const open = capture;
      capture = undefined;
      await open?.close();
    },
  };
}
