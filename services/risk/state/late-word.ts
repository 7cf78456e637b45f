import type { SymbolBook } from "./book.ts";

/**
 * The broker tells a position now and then, and each time later than the executions that made it: what it says may be
 * from before the newest of them. It says the quantities in the order in which they were, so a word that is one which our
 * executions have passed since its last word is late, and they are right. Any other word says what they do not.
 *
 * Source of the time: positions follow executions within a second or two; after this long the same figure is news.
 */
export const LATE_MS_MAX = 10_000;
/** Executions within that time, in one symbol, after which the oldest is forgotten. */
const PASSED_MAX = 256;

/** @param at when the execution was told, epoch milliseconds of the machine */
export function movedOn(entry: SymbolBook, from: number, at: number): SymbolBook {
  const passed = entry.passed.filter(({ until }) => at - until <= LATE_MS_MAX);
  return { ...entry, passed: [...passed, { quantity: from, until: at }].slice(-PASSED_MAX) };
}

/**
 * What a word of the broker's means beside our own figure.
 *
 * @param at when it was told, epoch milliseconds of the machine
 */
export function heard(
  { passed }: SymbolBook,
  word: number,
  own: number,
  at: number,
): Pick<SymbolBook, "reported" | "behind" | "passed"> {
  const since = passed.findIndex(({ quantity, until }) => quantity === word && at - until <= LATE_MS_MAX);
  // Of several that it may be, the oldest: the words to come may still be about those after it.
  const left = since < 0 ? NONE : passed.slice(since);
  return word === own
    ? { reported: null, behind: false, passed: left }
    : { reported: word, behind: since >= 0, passed: left };
}

const NONE: SymbolBook["passed"] = [];
