/** Frauds, their scores and what became of telling about them. */

export const RISK_LEVELS = ['HIGH', 'MEDIUM', 'LOW'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

/** Which model answered: of one transaction, with the history of its card, or none but the rules. */
export const MODEL_SHAPES = ['stateless', 'history', 'rules'] as const;
export type ModelShape = (typeof MODEL_SHAPES)[number];

/** What moved the score of the model, in log-odds: `base` and all inputs together give the probability. */
export interface Contributions {
  readonly base: number;
  /** `value` is the input as the model saw it. The strongest first. */
  readonly inputs: readonly { readonly feature: string; readonly value: number; readonly contribution: number }[];
}

/** Why a transaction got its score, asked of the API again with what it was asked then. */
export interface ScoreExplanation {
  readonly transNum: string;
  /** The prediction that stands. Another model may be loaded now. */
  readonly stored: { readonly probability: number; readonly modelVersion: string };
  readonly category: string;
  readonly probability: number;
  readonly isFraud: boolean;
  readonly level: RiskLevel;
  readonly modelVersion: string;
  readonly ruleBased: boolean;
  readonly shape: ModelShape | null;
  readonly contributions: Contributions | null;
  /** The strongest first; empty when nothing raised the score. */
  readonly explanation: readonly string[];
  readonly defaultsUsed: readonly string[];
}

/** One stored fraud as the window shows it: masked, never with the whole card number, street or date of birth. */
export interface FraudView {
  readonly transNum: string;
  readonly predictedAt: number;
  readonly transactionAt: number | null;
  readonly probability: number;
  readonly level: RiskLevel;
  readonly amount: string;
  readonly merchant: string;
  readonly category: string;
  /** Initials of the card holder. */
  readonly initials: string;
  /** `•••• 4184` */
  readonly card: string;
  readonly city: string | null;
  readonly state: string | null;
  readonly distanceKm: number | null;
  readonly modelVersion: string;
  /** True when the score came from rules and not from a model. */
  readonly ruleBased: boolean;
  /** null when the API does not tell. */
  readonly shape: ModelShape | null;
  /** null when the API does not tell, as the rules never do. */
  readonly contributions: Contributions | null;
  readonly explanation: readonly string[];
  /** Inputs that could not be derived or that the API did not know, for which a default was taken. */
  readonly defaultsUsed: readonly string[];
  readonly partition: number | null;
  readonly offset: string | null;
  readonly batchId: number | null;
  readonly delivery: DeliveryState | null;
}

/**
 * `held`: sent, without an answer, and a person decides. `dead`: Slack does not take it. `discarded`: a person decided
 * that it is not sent. `suppressed`: recorded without ever being meant to go.
 */
export const DELIVERY_STATES = [
  'pending',
  'sending',
  'sent',
  'ambiguous',
  'held',
  'dead',
  'discarded',
  'suppressed',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What Slack said to one message; null while it is on its way. */
export type MessageOutcome = 'accepted' | 'wait' | 'refused' | 'invalid' | 'ambiguous' | 'not-sent' | 'unowned';

/** One message that told of an alert, or tried to. */
export interface SendView {
  readonly messageId: string;
  readonly at: number;
  readonly settledAt: number | null;
  readonly outcome: MessageOutcome | null;
  readonly reason: string | null;
  /** How many alerts were in it. */
  readonly alerts: number;
}

/** Text of a message as a face shows it: no formats, no links, nothing that is interpreted. */
export type PreviewBlock =
  | { readonly kind: 'header' | 'section' | 'context'; readonly lines: readonly string[] }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly value: string }[] }
  | { readonly kind: 'link'; readonly text: string; readonly url: string };

/** One row of the alert outbox. */
export interface DeliveryView {
  readonly transNum: string;
  readonly state: DeliveryState;
  readonly level: RiskLevel;
  readonly amount: string;
  readonly merchant: string;
  /** Initials of the card holder. */
  readonly initials: string;
  /** `•••• 4184` */
  readonly card: string;
  readonly attempts: number;
  /** Sends whose outcome is unknown; each is marked "may be a repeat" when sent again. */
  readonly ambiguousSends: number;
  readonly createdAt: number;
  readonly sentAt: number | null;
  readonly nextAt: number | null;
  readonly lastError: string | null;
  /** The newest message that told of it, or the one that would. */
  readonly preview: readonly PreviewBlock[];
  /** Every message that told of it or tried to, newest first, at most {@link SENDS_SHOWN}. */
  readonly sends: readonly SendView[];
}

export const SENDS_SHOWN = 20;

/** Totals of stored predictions and deliveries, from SQL. */
export interface AlertTotals {
  readonly predictions: number;
  readonly frauds: number;
  readonly pendingRows: number;
  readonly byLevel: Readonly<Record<RiskLevel, { readonly hour: number; readonly day: number; readonly all: number }>>;
  readonly predictionsHour: number;
  readonly predictionsDay: number;
  readonly deliveries: Readonly<Record<DeliveryState, number>>;
  /** The last half hour, oldest first; a minute in which no fraud was stored is absent. */
  readonly minutes: readonly FraudMinute[];
}

/** Frauds stored in one minute; `at` is its start, ms. */
export interface FraudMinute extends Readonly<Record<RiskLevel, number>> {
  readonly at: number;
}
