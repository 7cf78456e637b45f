import type { ClientOrderId } from "#libs/contracts/mod.ts";

/** What is known of a bracket: the protective orders work for what the entry filled and they have not closed yet. */
export interface BracketState {
  readonly entryFilled: number;
  readonly entryOver: boolean;
  readonly exitFilled: number;
  /** The exit that was filled last, in part or whole; null before. */
  readonly lastExit: ClientOrderId | null;
}

/** The brackets at work, by their entry. */
export class Brackets {
  readonly #states = new Map<ClientOrderId, BracketState>();

  open(entry: ClientOrderId): void {
    if (this.#states.has(entry)) return;
    this.#states.set(entry, { entryFilled: 0, entryOver: false, exitFilled: 0, lastExit: null });
  }

  restore(entry: ClientOrderId, state: BracketState): void {
    this.#states.set(entry, state);
  }

  /** @param filled shares of the entry in all */
  onEntryFill(entry: ClientOrderId, filled: number, isOver: boolean): void {
    this.#change(entry, (state) => ({ ...state, entryFilled: filled, entryOver: state.entryOver || isOver }));
  }

  onEntryEnd(entry: ClientOrderId): void {
    this.#change(entry, (state) => ({ ...state, entryOver: true }));
  }

  onExitFill(entry: ClientOrderId, exit: ClientOrderId, quantity: number): void {
    this.#change(entry, (state) => ({ ...state, exitFilled: state.exitFilled + quantity, lastExit: exit }));
  }

  /** Shares that an exit may still close; null when the bracket is not known. */
  openShares(entry: ClientOrderId): number | null {
    const state = this.#states.get(entry);
    return state === undefined ? null : state.entryFilled - state.exitFilled;
  }

  /** Whether the entry is over and all that it filled is closed: then its exits have nothing to do. */
  isDone(entry: ClientOrderId): boolean {
    const state = this.#states.get(entry);
    return state?.entryOver === true && state.exitFilled >= state.entryFilled;
  }

  lastExit(entry: ClientOrderId): ClientOrderId | null {
    return this.#states.get(entry)?.lastExit ?? null;
  }

  isEntryOver(entry: ClientOrderId): boolean {
    return this.#states.get(entry)?.entryOver === true;
  }

  forget(entry: ClientOrderId): void {
    this.#states.delete(entry);
  }

  #change(entry: ClientOrderId, change: (state: BracketState) => BracketState): void {
    const state = this.#states.get(entry);
    if (state !== undefined) this.#states.set(entry, change(state));
  }
}
