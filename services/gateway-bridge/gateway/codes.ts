/**
 * What a code that the gateway attaches to one of our orders means for that order (tws.md 6.2; the texts are the
 * broker's). A code that is not in the table says nothing certain: the order is `unknown` until the broker's own
 * lists tell, since calling a living order rejected would lose sight of it.
 */
export type OrderCodeMeaning =
  | "rejected"
  | "canceled"
  | "warning"
  | "not-cancelable"
  | "not-found"
  | "read-only"
  | "unknown";

const MEANINGS: Readonly<Record<OrderCodeMeaning, readonly number[]>> = {
  rejected: [
    103, 105, 106, 107, 109, 110, 111, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128,
    129, 131, 132, 133, 134, 136, 137, 138, 140, 141, 142, 143, 144, 146, 147, 148, 151, 152, 153, 154, 155, 156, 157,
    158, 159, 163, 164, 200, 201, 203, 320, 322, 328, 329, 387, 388, 389, 390, 391, 392, 393, 394, 395, 396, 397, 398,
    401, 403, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 419, 434, 436, 437, 438, 439, 440,
    441, 442, 443, 460, 10005, 10006, 10007, 10008, 10009, 10052, 10063, 10065, 10066, 10067, 10068, 10276, 10289,
    10293,
  ],
  canceled: [202],
  // The order lives on: held for a locate (404), size cut (481), prices or hours as they are.
  warning: [399, 404, 481, 492, 10090, 10167],
  "not-cancelable": [161, 10148],
  "not-found": [135, 10147],
  "read-only": [],
  unknown: [],
};

const MEANING_OF = new Map<number, OrderCodeMeaning>(
  Object.entries(MEANINGS).flatMap(([meaning, codes]) =>
    codes.map((code) => [code, meaning as OrderCodeMeaning] as const),
  ),
);

/** @param text tells apart the two uses of 321: a field that failed validation, and an API in read-only mode. */
export function meaningForOrder(code: number, text: string): OrderCodeMeaning {
  if (code === 321) return /read.?only/i.test(text) ? "read-only" : "rejected";
  const known = MEANING_OF.get(code);
  if (known !== undefined) return known;
  // 2100 to 2999 are warnings by the broker's own numbering; 2102 is a modification that came too early.
  if (code >= 2100 && code < 3000) return "warning";
  return text.includes("Warning:") ? "warning" : "unknown";
}

/** Codes on which a market-data request is dead: nothing will come, and asking again at once does not help. */
export const DEAD_STREAM_CODES: ReadonlySet<number> = new Set([
  101, 200, 320, 321, 322, 354, 420, 10089, 10168, 10186, 10189, 10190, 10197,
]);

/** Codes after which a bars or data request must be made again (tws.md 6.1). */
export const REPEAT_STREAM_CODES: ReadonlySet<number> = new Set([10182, 10225]);
