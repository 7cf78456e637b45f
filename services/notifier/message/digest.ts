import { formatNewYorkTime } from "#libs/time/mod.ts";
import type { Entry } from "../queue/entry.ts";
import { type Embed, SEVERITY_SIGNS } from "./embed.ts";
import { cut, DESCRIPTION_MAX } from "./limits.ts";
import { plainText } from "./plain-text.ts";

/** The most alerts one digest carries: more is not read. */
export const DIGEST_LINES_MAX = 40;
const LINE_TITLE_MAX = 160;
const LINE_TEXT_MAX = 140;

/** How many of them, from the first on, fit in one digest; at least 1. */
export function digestFit(entries: readonly Entry[]): number {
  let length = 0;
  let count = 0;
  for (const entry of entries.slice(0, DIGEST_LINES_MAX)) {
    length += lineOf(entry).length + 1;
    if (count > 0 && length > DESCRIPTION_MAX) break;
    count += 1;
  }
  return count;
}

/** A line for each alert, in order. The whole text of each is in the ledger. */
export function digestEmbed(entries: readonly Entry[]): Embed {
  const mode = entries[0]?.mode ?? "";
  return {
    title: `${SEVERITY_SIGNS.info.sign} ${entries.length} messages${span(entries)}`,
    description: cut(entries.map(lineOf).join("\n"), DESCRIPTION_MAX),
    color: SEVERITY_SIGNS.info.color,
    fields: [],
    footer: { text: `${mode} · digest: the whole text of each is in the ledger` },
  };
}

function lineOf(entry: Entry): string {
  const { title, text } = entry.alert;
  const oneLine = text.replace(/\s+/g, " ").trim();
  return [
    `\`${timeOf(entry)}\` **${plainText(entry.source)}** ${cut(plainText(title), LINE_TITLE_MAX, "…")}`,
    ...(oneLine === "" ? [] : [cut(plainText(oneLine), LINE_TEXT_MAX, "…")]),
  ].join(": ");
}

const timeOf = (entry: Entry): string => (entry.marketTime === null ? "--:--:--" : formatNewYorkTime(entry.marketTime));

function span(entries: readonly Entry[]): string {
  const times = entries.flatMap((entry) => (entry.marketTime === null ? [] : [entry.marketTime]));
  if (times.length === 0) return "";
  return `, ${formatNewYorkTime(Math.min(...times))} to ${formatNewYorkTime(Math.max(...times))} New York`;
}
