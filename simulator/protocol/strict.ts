import type { RequestName } from "./messages.ts";

/** Place of `transmit` in PLACE_ORDER, the field after the first text that is the client's own (tws.md 5.4). */
const transmitIndex = 27;

/**
 * What a strict reader says at once to a message that a lenient one takes: a text where an order's yes or no belongs.
 * That is how a NUL inside a text shows (tws.md P13: every later field moves by one).
 */
export function misplacedText(name: RequestName, fields: readonly string[]): string | undefined {
  const transmit = fields[transmitIndex] ?? "";
  if (name !== "PLACE_ORDER" || ["", "0", "1"].includes(transmit)) return undefined;
  return `Unable to parse field 'transmit' for input string '${transmit}'`;
}

/** What it says to fields beyond the end of a message; undefined when there are none. */
export function surplusText(surplus: number): string | undefined {
  if (surplus === 0) return undefined;
  return `The message has ${surplus} more field${surplus === 1 ? "" : "s"} than it should have.`;
}
