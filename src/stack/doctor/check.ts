/** A check as the runner sees it. */
import type { Instruments } from './instruments.ts';
import type { CheckGroup, CheckId, Finding, Fix } from './report.ts';

export interface Check {
  readonly id: CheckId;
  readonly group: CheckGroup;
  readonly title: string;
  readonly looked: string;
  /** Checks without which this one means nothing; unless they pass or warn it is skipped. */
  readonly needs: readonly CheckId[];
  /** Why it does not apply here; null when it does. */
  readonly skip: string | null;
  /** Looks, and only looks. What it throws is told as a failure. */
  look(tools: Instruments): Promise<Finding>;
  /** Does what the fix of a finding promised. Only for checks whose fixes have an action. */
  repair?(tools: Instruments): Promise<void>;
}

export const passed = (seen: string, expected: string): Finding => ({ state: 'passed', seen, expected, fix: null });

export const failed = (seen: string, expected: string, fix: Fix): Finding => ({ state: 'failed', seen, expected, fix });

/** There is nothing to look at after all. */
export const without = (reason: string): Finding => ({ state: 'skipped', seen: reason, expected: '', fix: null });

export const warned = (seen: string, expected: string, fix: Fix): Finding => ({ state: 'warn', seen, expected, fix });

/** A fix that a person carries out. */
export const byHand = (text: string, command: string | null = null): Fix => ({ text, command, action: null });

/** A fix that Sluice carries out when it is asked to; the same can be done by hand where there is a command. */
export const byUs = (text: string, label: string, will: readonly string[], command: string | null = null): Fix => ({
  text,
  command,
  action: { label, will },
});
