import { exactShares } from "../day-trades/tally.ts";
import type { PassedQuantity, SymbolBook } from "./book.ts";
import { ownFigures } from "./positions.ts";

/**
 * The broker tells a position now and then, and each time later than the executions that made it: what it says may be
 * from before the newest of them. It says the quantities in the order in which they were, so a word that is one which our
 * executions have passed since its last word is late, and they are right. One that is further from flat than they are is
 * ahead of them, or somebody else added to the position: what they say is held is held. Any other word they cannot explain:
 * somebody else closed, or it is ahead of an exit of ours, and nobody can tell which.
 *
 * Source of the time: positions follow executions within a second or two; after this long the same figure is news.
 */
export const LATE_MS_MAX = 10_000;
/** Executions within that time, in one symbol, after which one of the two oldest is forgotten. */
const PASSED_MAX = 256;

/** What is known of a symbol beside our own executions. */
type Word = Pick<SymbolBook, "reported" | "behind" | "passed" | "doubt">;

/**
 * The symbol after one more execution.
 *
 * @param isOurs false for an execution of somebody else, which is told when it is asked for
 * @param at when it was told, epoch milliseconds of the machine
 */
export function movedOn(before: SymbolBook, after: SymbolBook, isOurs: boolean, at: number): SymbolBook {
  const from = ownFigures(before).quantity;
  const own = ownFigures(after).quantity;
  if (own === from) return after;
  const step = own - from;
  // Another's execution is told when it is asked for, and happened before some of ours: those were made beside it.
  const passed = isOurs ? recent(before, at) : recent(before, at).map((point) => movedBy(point, step));
  const further = bounded([...passed, { quantity: from, until: at, isSaid: false }]);
  if (before.doubt !== null && isInDoubt(before, from, at)) {
    return { ...after, doubt: { ...before.doubt, at }, passed: isOurs ? further : passed };
  }
  if (before.reported === null || before.behind) return { ...after, doubt: null, passed: further };
  if (own === before.reported) return after;
  // A word that is ahead has told what they pass on the way to it, and they come to it: else it was not ahead of them.
  const isOnTheWay = isFurther(own, from) && !isFurther(own, before.reported);
  return isOnTheWay ? { ...after, passed } : { ...after, doubt: { word: before.reported, at }, passed: further };
}

const movedBy = (point: PassedQuantity, shares: number): PassedQuantity => ({
  ...point,
  quantity: exactShares(point.quantity + shares),
});

/**
 * What a word of the broker's means beside our own figure.
 *
 * @param at when it was told, epoch milliseconds of the machine
 */
export function heard(entry: SymbolBook, word: number, own: number, at: number): Word {
  const passed = recent(entry, at);
  const reported = word === own ? null : word;
  const doubt = { word, at };
  if (isInDoubt(entry, own, at)) return { reported, behind: false, passed, doubt };
  // Of several that it may be, the oldest: the words to come may still be about those after it.
  const since = passed.findIndex(({ quantity, isSaid }) => quantity === word && !isSaid);
  // What it has told is not said late any more. That it agrees, or is ahead, may be chance beside shares of others: what ours
  // have closed in these seconds is not certain to be out of it.
  const said = (count: number) => passed.map((point, at) => (at < count ? { ...point, isSaid: true } : point));
  const left = said(since < 0 ? passed.length : since);
  if (word === own || since >= 0) return { reported, behind: word !== own, passed: left, doubt: null };
  if (isFurther(word, own)) return { reported, behind: false, passed: left, doubt: null };
  return { reported, behind: false, passed, doubt };
}

/**
 * Shares that may be closed and are held for certain; negative is short. Our executions, unless they cannot explain what
 * the broker said: then only what both say, less what ours have closed within ten seconds, which the broker's word may
 * not have in it.
 *
 * @param hasSettled whether the broker's word, where it says otherwise, has stood for long enough to go by
 * @param at the moment, epoch milliseconds of the machine
 */
export function closable(entry: SymbolBook, own: number, hasSettled: boolean, at: number): number {
  if (!hasSettled && !isInDoubt(entry, own, at)) return own;
  const word = entry.reported ?? entry.doubt?.word ?? own;
  const certain = closer(exactShares(word - closedOf(recent(entry, at), own, Math.sign(word))), word);
  return hasSettled ? certain : closer(certain, own);
}

/** What has been closed is counted from the furthest (`closedOf`): of the two oldest the one closer to flat is forgotten. */
function bounded(passed: SymbolBook["passed"]): SymbolBook["passed"] {
  const [oldest, next, ...rest] = passed;
  if (passed.length <= PASSED_MAX || oldest === undefined || next === undefined) return passed;
  return [isFurther(oldest.quantity, next.quantity) ? { ...oldest, until: next.until } : next, ...rest];
}

/** A doubt ends when both agree and nothing was told of the symbol for as long as anything comes late. */
const isInDoubt = ({ doubt }: SymbolBook, own: number, at: number): boolean =>
  doubt !== null && (own !== doubt.word || isRecent(doubt.at, at));

/** By how much our executions are closer to flat than the furthest they came to; signed as the position. */
function closedOf(passed: SymbolBook["passed"], own: number, sign: number): number {
  const furthest = passed.reduce((most, { quantity }) => Math.max(most, sign * quantity), sign * own);
  return sign * (furthest - sign * own);
}

/** The one of two that is closer to flat; 0 where they are on different sides of it. */
function closer(one: number, other: number): number {
  if (Math.sign(one) !== Math.sign(other)) return 0;
  return Math.abs(one) < Math.abs(other) ? one : other;
}

const isFurther = (one: number, other: number): boolean =>
  Math.abs(one) > Math.abs(other) && (other === 0 || Math.sign(one) === Math.sign(other));

const recent = ({ passed }: SymbolBook, at: number): SymbolBook["passed"] =>
  passed.every(({ until }) => isRecent(until, at)) ? passed : passed.filter(({ until }) => isRecent(until, at));

/** A time to come was told before the machine's clock was set back: it must not be recent for as long as that (law 7). */
const isRecent = (then: number, at: number): boolean => Math.abs(at - then) <= LATE_MS_MAX;
