import type { Alert, Mode } from "#libs/contracts/mod.ts";

/** An alert that waits for Discord. */
export interface Entry {
  /** What it is known by: an alert's id may be raised again after days, as another alert. */
  readonly key: string;
  readonly id: string;
  /** Its place in the outbox. For the order only: a stream that was restored counts from somewhere else. */
  readonly sequence: number;
  readonly alert: Alert;
  readonly source: string;
  readonly mode: Mode;
  /** Market clock, epoch milliseconds; null when no gateway clock was known. */
  readonly marketTime: number | null;
  /** Machine clock, epoch milliseconds. */
  readonly publishedAt: number;
  /** Discord refused its richer form: it goes alone, as plain text. */
  readonly plain: boolean;
}

export const keyOf = (alertId: string, publishedAt: number): string => `${alertId}@${publishedAt}`;

/** What one message to Discord carries. */
export type Draft =
  /** One alert, whole. */
  | { readonly form: "alone"; readonly entries: readonly [Entry] }
  /** Several warnings, each whole, in a message. */
  | { readonly form: "group"; readonly entries: readonly Entry[] }
  /** Information, a line each. */
  | { readonly form: "digest"; readonly entries: readonly Entry[] }
  /** One alert as plain text, after Discord refused it otherwise. */
  | { readonly form: "plain"; readonly entries: readonly [Entry] };
