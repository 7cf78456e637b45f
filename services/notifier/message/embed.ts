import type { Severity } from "#libs/contracts/mod.ts";
import type { Entry } from "../queue/entry.ts";
import {
  cut,
  DESCRIPTION_MAX,
  EMBED_TEXT_TOTAL_MAX,
  FIELD_NAME_MAX,
  FIELD_VALUE_MAX,
  FIELDS_MAX,
  TITLE_MAX,
} from "./limits.ts";
import { discordTime, marketTimeText } from "./market-time.ts";
import { plainText } from "./plain-text.ts";

export interface EmbedField {
  readonly name: string;
  readonly value: string;
  readonly inline: boolean;
}

export interface Embed {
  readonly title: string;
  readonly description?: string;
  readonly color: number;
  readonly fields: readonly EmbedField[];
  readonly footer: { readonly text: string };
}

export const SEVERITY_SIGNS: Record<Severity, { readonly sign: string; readonly color: number }> = {
  critical: { sign: "🔴", color: 0xd93025 },
  warning: { sign: "🟠", color: 0xf29900 },
  info: { sign: "🔵", color: 0x1a73e8 },
};

/** An alert that reaches Discord this much after it was raised says so. */
const LATE_AFTER_MS = 60_000;
const INLINE_LENGTH_MAX = 40;
/** Far below Discord's own limit: title, description, footer and times must fit in a message together. */
const FOOTER_LENGTH_MAX = 200;

/**
 * One alert, whole as far as Discord's limits allow; what does not fit is marked, with the id under which the ledger
 * has it.
 *
 * @param sentAtMs machine clock, epoch milliseconds; null leaves out whether it is late (for measuring)
 */
export function embedOf(entry: Entry, sentAtMs: number | null = null): Embed {
  const { alert } = entry;
  const head = {
    title: cut(`${SEVERITY_SIGNS[alert.severity].sign} ${plainText(alert.title)}`, TITLE_MAX),
    ...(alert.text.trim() === "" ? {} : { description: cut(plainText(alert.text), DESCRIPTION_MAX) }),
    color: SEVERITY_SIGNS[alert.severity].color,
    footer: { text: cut(`${entry.source} · ${entry.mode} · ${alert.code}`, FOOTER_LENGTH_MAX) },
  };
  const own: EmbedField[] = alert.fields.map(({ name, value }) => ({
    name: cut(shown(name), FIELD_NAME_MAX),
    value: cut(shown(value), FIELD_VALUE_MAX),
    inline: value.length <= INLINE_LENGTH_MAX,
  }));
  const times: EmbedField[] = [
    { name: "Market time", value: marketTimeText(entry.marketTime), inline: false },
    // Measured as if late, so that a message that was measured to fit still fits when it is sent later.
    ...(sentAtMs === null || sentAtMs - entry.publishedAt > LATE_AFTER_MS
      ? [{ name: "Late", value: `raised ${discordTime(entry.publishedAt)}`, inline: false }]
      : []),
  ];
  return {
    ...head,
    fields: fieldsThatFit(own, times, EMBED_TEXT_TOTAL_MAX - embedLength({ ...head, fields: [] }), entry.id),
  };
}

/** The characters of an embed that count toward the limit of a message. */
export function embedLength(embed: Embed): number {
  return embed.title.length + (embed.description?.length ?? 0) + embed.footer.text.length + fieldsLength(embed.fields);
}

/** The fields that fit besides those that must be there. */
function fieldsThatFit(own: EmbedField[], must: EmbedField[], room: number, alertId: string): readonly EmbedField[] {
  const all = [...own, ...must];
  if (all.length <= FIELDS_MAX && fieldsLength(all) <= room) return all;
  const mark = (left: number): EmbedField => ({
    name: "Cut",
    value: `${left} more fields are in the ledger, alert ${plainText(alertId)}`,
    inline: false,
  });
  const kept: EmbedField[] = [];
  for (const field of own) {
    const ending = [mark(own.length), ...must];
    if (kept.length + 1 + ending.length > FIELDS_MAX || fieldsLength([...kept, field, ...ending]) > room) break;
    kept.push(field);
  }
  return [...kept, mark(own.length - kept.length), ...must];
}

const fieldsLength = (fields: readonly EmbedField[]): number =>
  fields.reduce((sum, field) => sum + field.name.length + field.value.length, 0);

/** Discord refuses an empty field. */
const shown = (text: string): string => (text.trim() === "" ? "–" : plainText(text));
