import type { Draft, Entry } from "../queue/entry.ts";
import { digestEmbed } from "./digest.ts";
import { type Embed, embedOf, SEVERITY_SIGNS } from "./embed.ts";
import { CONTENT_MAX, cut } from "./limits.ts";
import { marketTimeText } from "./market-time.ts";
import { plainText } from "./plain-text.ts";

/** The body of a webhook message. */
export interface WebhookMessage {
  readonly content?: string;
  readonly embeds?: readonly Embed[];
  readonly flags?: number;
  /** Nobody is mentioned, whatever an alert's text holds; a webhook mentions users when this is left out. */
  readonly allowed_mentions: { readonly parse: readonly [] };
}

/** Discord's flag for a message that makes no sound: information does not wake anybody. */
const SUPPRESS_NOTIFICATIONS = 1 << 12;
const NOBODY = { parse: [] } as const;

/** @param sentAtMs machine clock, epoch milliseconds */
export function render(draft: Draft, sentAtMs: number): WebhookMessage {
  switch (draft.form) {
    case "alone": {
      const [entry] = draft.entries;
      return {
        // A phone shows the content, not the embed, in its notification.
        ...(entry.alert.severity === "critical" ? { content: headline(entry) } : {}),
        embeds: [embedOf(entry, sentAtMs)],
        ...quiet(entry.alert.severity === "info"),
        allowed_mentions: NOBODY,
      };
    }
    case "group":
      return { embeds: draft.entries.map((entry) => embedOf(entry, sentAtMs)), allowed_mentions: NOBODY };
    case "digest":
      return { embeds: [digestEmbed(draft.entries)], ...quiet(true), allowed_mentions: NOBODY };
    case "plain": {
      const [entry] = draft.entries;
      return { content: plainContent(entry), ...quiet(entry.alert.severity === "info"), allowed_mentions: NOBODY };
    }
  }
}

const quiet = (yes: boolean): { flags?: number } => (yes ? { flags: SUPPRESS_NOTIFICATIONS } : {});

const headline = (entry: Entry): string =>
  cut(
    `${SEVERITY_SIGNS[entry.alert.severity].sign} ${entry.alert.severity.toUpperCase()} (${entry.mode}): ${plainText(entry.alert.title)}`,
    CONTENT_MAX,
  );

function plainContent(entry: Entry): string {
  const { alert } = entry;
  const lines = [
    headline(entry),
    plainText(alert.text),
    ...alert.fields.map(({ name, value }) => `${plainText(name)}: ${plainText(value)}`),
    `${entry.source}, ${marketTimeText(entry.marketTime)}`,
  ];
  return cut(lines.join("\n"), CONTENT_MAX);
}
