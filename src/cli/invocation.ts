/** What a command line can ask for. */
import type { SettingValues, SetupStep } from '../console/console.ts';
import type { CheckId } from '../console/contract.ts';
import type { ClearFrom, QueryName } from '../pipeline/events.ts';
import type { ConnectorWhat } from './connector.ts';
import type { DeadLettersAsked } from './dead-letters.ts';
import type { ProduceWhat } from './produce.ts';
import type { StackWhat } from './stack.ts';
import type { TableTask } from './table.ts';
import type { TakeOverAsked } from './take-over.ts';

export type Invocation =
  | { readonly command: 'help' | 'version' }
  | {
      readonly command: 'status';
      /** Well only when both queries run. */
      readonly running: boolean;
      readonly json: boolean;
    }
  | { readonly command: 'setup'; readonly steps: readonly SetupStep[]; readonly json: boolean }
  | { readonly command: 'hand-produce'; readonly heartbeat: string | null; readonly json: boolean }
  | { readonly command: 'start' | 'stop' | 'restart'; readonly queries: readonly QueryName[]; readonly json: boolean }
  | {
      readonly command: 'clear';
      readonly queries: readonly QueryName[];
      readonly from: ClearFrom | null;
      /** Earliest and latest are only shown without it. */
      readonly yes: boolean;
      readonly json: boolean;
    }
  | {
      readonly command: 'logs';
      readonly follow: boolean;
      readonly grep: string | undefined;
      readonly lines: number;
      readonly json: boolean;
    }
  | DeadLettersAsked
  | TakeOverAsked
  | {
      readonly command: 'alerts';
      readonly what: 'test' | 'resume' | 'resend' | 'discard';
      /** What `resend` and `discard` are about; empty = all that wait for a person. */
      readonly transNums: readonly string[];
      readonly json: boolean;
    }
  | { readonly command: 'trace' | 'explain'; readonly transNum: string; readonly json: boolean }
  | { readonly command: 'stack'; readonly asked: StackWhat; readonly json: boolean }
  | { readonly command: 'table'; readonly task: TableTask; readonly json: boolean }
  | { readonly command: 'produce'; readonly what: ProduceWhat; readonly json: boolean }
  | { readonly command: 'doctor'; readonly fix: CheckId | null; readonly json: boolean }
  | { readonly command: 'connector'; readonly what: ConnectorWhat; readonly yes: boolean; readonly json: boolean }
  | { readonly command: 'accept-loss'; readonly query: QueryName; readonly yes: boolean; readonly json: boolean }
  | {
      readonly command: 'run-query';
      readonly query: 'bronze';
      readonly runs: 'available-now' | 'until-stopped';
      readonly json: boolean;
    }
  | {
      readonly command: 'run';
      readonly durationMs: number | null;
      readonly settings: SettingValues;
      readonly json: boolean;
    };
