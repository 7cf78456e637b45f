import type { Position } from "#libs/contracts/mod.ts";
import type { BrokerPosition } from "../gateway/reports.ts";
import type { Book } from "../orders/book.ts";
import { exactShares } from "../orders/holdings.ts";

/** An execution and the position it makes come in two messages; a difference this old is a real one. */
const GRACE_MS = 2000;
/**
 * A difference this old is looked into before it counts: the gateway sends nobody the executions of other clients
 * unasked, and they may explain it.
 */
const ASK_AFTER_MS = 700;

/** A holding at the broker that our own executions, and what the operator accepted, do not add up to. */
export interface Difference {
  readonly symbol: string;
  /** Shares at the broker; negative is short. */
  readonly broker: number;
  /** Shares that our executions explain. */
  readonly ours: number;
}

/** Where the broker's list of positions and our own holdings differ; what the list does not name, it does not hold. */
export function differencesOf(book: Book, positions: readonly BrokerPosition[]): Difference[] {
  const atBroker = new Map(positions.map(({ symbol, quantity }) => [symbol, quantity]));
  return [...new Set([...atBroker.keys(), ...book.holdings.keys()])].flatMap((symbol) => {
    const broker = atBroker.get(symbol) ?? 0;
    const ours = book.holdings.get(symbol)?.quantity ?? 0;
    return exactShares(broker - ours) === 0 ? [] : [{ symbol, broker, ours }];
  });
}

/** The broker's positions, and whether our own executions explain them. */
export class PositionBook {
  #positions: Map<string, BrokerPosition> | null = null;
  /** A list that is being read: it takes the place of the other when it has ended. */
  #reading: { readonly positions: Map<string, BrokerPosition>; readonly unreadable: Set<string> } | null = null;
  /** Symbols of which the broker said how much it holds in a way that cannot be. */
  #unreadable = new Set<string>();
  readonly #differsSinceMs = new Map<string, number>();
  /** The quantity that was told as unexplained, while it is. */
  readonly #told = new Map<string, number>();
  #explainedAgain = false;
  /** Shares by which it differed when executions were last asked for because of it, while it does. */
  readonly #asked = new Map<string, number>();

  readonly #account: () => string | null;

  constructor(account: () => string | null) {
    this.#account = account;
  }

  take(position: BrokerPosition): void {
    const { symbol } = position;
    this.#reading?.positions.set(symbol, position);
    this.#reading?.unreadable.delete(symbol);
    this.#positions?.set(symbol, position);
    this.#unreadable.delete(symbol);
  }

  /**
   * How much is held could not be read: what was known of it stands, and it is unexplained until a word that can be read.
   * It must not count as gone: an exit of it would be refused.
   */
  doubt(symbol: string): void {
    this.#reading?.unreadable.add(symbol);
    this.#unreadable.add(symbol);
  }

  /** A new list was asked for: what it does not name is gone, but not before it has ended. */
  beginList(): void {
    this.#reading = { positions: new Map(), unreadable: new Set() };
  }

  endList(): void {
    const before = this.#positions ?? new Map<string, BrokerPosition>();
    this.#positions = this.#reading?.positions ?? before;
    this.#unreadable = this.#reading?.unreadable ?? this.#unreadable;
    this.#reading = null;
    for (const symbol of this.#unreadable) {
      const former = before.get(symbol);
      if (former !== undefined && !this.#positions.has(symbol)) this.#positions.set(symbol, former);
    }
  }

  /** As the broker last said; null before the first list has ended. */
  get known(): readonly BrokerPosition[] | null {
    return this.#positions === null ? null : [...this.#positions.values()];
  }

  /** Null before the first list has ended: until then nobody knows what is held. */
  list(book: Book, nowMs: number): Position[] | null {
    const known = this.known;
    if (known === null) return null;
    this.#compare(book, known, nowMs);
    const account = this.#account() ?? "";
    const suspect = new Set([...this.#differsSinceMs.keys(), ...this.#unreadable]);
    const unnamed = [...suspect].filter((symbol) => !this.#positions?.has(symbol));
    const ours = (symbol: string) => (this.#unreadable.has(symbol) ? (book.holdings.get(symbol)?.quantity ?? 0) : 0);
    const all = [...known, ...unnamed.map((symbol) => ({ account, symbol, quantity: ours(symbol), averageCost: 0 }))];
    return all.map(({ account, symbol, quantity, averageCost }) => {
      const since = this.#differsSinceMs.get(symbol);
      const explained = !this.#unreadable.has(symbol) && (since === undefined || nowMs - since < GRACE_MS);
      const difference = exactShares(quantity - (book.holdings.get(symbol)?.quantity ?? 0));
      return { account, symbol, quantity, averageCost, explained, difference };
    });
  }

  /** The positions that are unexplained and were not when this was last asked, or are in another quantity. */
  newlyUnexplained(book: Book, nowMs: number): Position[] {
    const all = this.list(book, nowMs) ?? [];
    for (const symbol of [...this.#told.keys()]) {
      if (this.#differsSinceMs.has(symbol)) continue;
      this.#told.delete(symbol);
      this.#explainedAgain = true;
    }
    return all.filter(({ symbol, quantity, explained }) => {
      // That it could not be read was told when it came.
      if (explained || this.#unreadable.has(symbol) || this.#told.get(symbol) === quantity) return false;
      this.#told.set(symbol, quantity);
      return true;
    });
  }

  /**
   * Whether a position that was told as unexplained is explained since the last call: by an execution that came late,
   * which nothing else of the account need follow.
   */
  takeExplainedAgain(): boolean {
    const was = this.#explainedAgain;
    this.#explainedAgain = false;
    return was;
  }

  /** Whether a difference has lasted so long that the executions should be asked for; true once for each. */
  wantsExecutions(book: Book, nowMs: number): boolean {
    const { known } = this;
    if (known === null) return false;
    this.#compare(book, known, nowMs);
    const differences = differencesOf(book, known);
    for (const symbol of [...this.#asked.keys()]) if (!this.#differsSinceMs.has(symbol)) this.#asked.delete(symbol);
    const fresh = differences.filter(
      ({ symbol, broker, ours }) =>
        nowMs - (this.#differsSinceMs.get(symbol) ?? nowMs) >= ASK_AFTER_MS &&
        this.#asked.get(symbol) !== broker - ours,
    );
    for (const { symbol, broker, ours } of fresh) this.#asked.set(symbol, broker - ours);
    return fresh.length > 0;
  }

  #compare(book: Book, known: readonly BrokerPosition[], nowMs: number): void {
    const differing = new Set(differencesOf(book, known).map(({ symbol }) => symbol));
    for (const symbol of [...this.#differsSinceMs.keys()]) {
      if (!differing.has(symbol)) this.#differsSinceMs.delete(symbol);
    }
    for (const symbol of differing) if (!this.#differsSinceMs.has(symbol)) this.#differsSinceMs.set(symbol, nowMs);
  }
}
