import { DIGEST_LINES_MAX, digestFit } from "../message/digest.ts";
import { embedLength, embedOf } from "../message/embed.ts";
import { EMBED_TEXT_TOTAL_MAX, EMBEDS_MAX } from "../message/limits.ts";
import type { Draft, Entry } from "./entry.ts";

/** From this many that wait, warnings share messages and information becomes a digest. */
const WARNINGS_TO_GROUP = 3;
const INFOS_TO_DIGEST = 4;

/** The operator asks whether messages arrive: this one shows it, so it waits for nothing. */
export const TEST_CODE = "NOTIFIER_TEST";

/**
 * What goes next: a test; then criticals, each alone, in the order in which they were raised; then warnings; then
 * information. Undefined when nothing waits.
 *
 * @param entries what waits, in outbox order
 */
export function chooseDraft(entries: readonly Entry[]): Draft | undefined {
  const first =
    entries.find((entry) => entry.alert.code === TEST_CODE) ??
    entries.find((entry) => entry.alert.severity === "critical") ??
    entries.find((entry) => entry.alert.severity === "warning") ??
    entries[0];
  if (first === undefined) return undefined;
  if (first.plain) return { form: "plain", entries: [first] };
  const alone: Draft = { form: "alone", entries: [first] };
  if (first.alert.code === TEST_CODE || first.alert.severity === "critical") return alone;
  const alike = entries.filter((entry) => entry.alert.severity === first.alert.severity && !entry.plain);
  if (first.alert.severity === "warning") {
    return alike.length < WARNINGS_TO_GROUP ? alone : { form: "group", entries: groupFit(alike) };
  }
  if (alike.length < INFOS_TO_DIGEST) return alone;
  return { form: "digest", entries: alike.slice(0, digestFit(alike.slice(0, DIGEST_LINES_MAX))) };
}

/** As many, from the first on, as fit in one message with their whole text. */
function groupFit(entries: readonly Entry[]): readonly Entry[] {
  let length = 0;
  let count = 0;
  for (const entry of entries.slice(0, EMBEDS_MAX)) {
    length += embedLength(embedOf(entry));
    if (count > 0 && length > EMBED_TEXT_TOTAL_MAX) break;
    count += 1;
  }
  return entries.slice(0, count);
}
