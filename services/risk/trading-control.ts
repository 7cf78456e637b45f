import type { Bus } from "#libs/bus/mod.ts";
import { type RiskState, riskStateMessage, type TradingState } from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep } from "#libs/time/mod.ts";
import { dayTradesIn, usedDayTrades } from "./day-trades/use.ts";
import { dayResult } from "./evaluate/day-result.ts";
import { type Moment, type RiskView, regimeIn } from "./evaluate/view.ts";
import type { TradingCondition } from "./state/book.ts";

/** The fold reads a record back within milliseconds; beyond this it is behind, and entries are denied for that. */
const IN_FORCE_WITHIN_MS = 1000;
const IN_FORCE_POLL_MS = 2;

const STRICTNESS: Readonly<Record<TradingState, number>> = { active: 0, reducing: 1, halted: 2 };

export interface ControlOptions {
  readonly bus: Bus;
  /** What the ledger last said. */
  readonly recorded: () => TradingCondition;
  readonly view: () => RiskView;
  readonly now: () => Moment;
}

/**
 * Owner of the trading state. A stricter state holds from the moment it is decided, recorded or not; a looser one only
 * from the moment the ledger says so.
 */
export class TradingControl {
  readonly #options: ControlOptions;
  #decided: TradingCondition | null = null;
  /** Limits disregarded by this process's own decision, which the fold may not say yet. */
  #overridden: { readonly tradingDay: string | null; readonly codes: readonly string[] } = {
    tradingDay: null,
    codes: [],
  };
  /** Resolves when what was last asked of {@link TradingControl.#oneAtATime} is done. */
  #turn: Promise<void> = Promise.resolve();
  /** What is in force and the ledger did not take. */
  #unrecorded: TradingCondition | null = null;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** In force now. */
  get current(): TradingCondition {
    const recorded = this.#options.recorded();
    return this.#decided === null || isStricter(recorded, this.#decided) ? recorded : this.#decided;
  }

  /** Whether the ledger took what was decided last: only that outlives this process. */
  get isKept(): boolean {
    return this.#unrecorded === null || this.#unrecorded !== this.#decided;
  }

  /**
   * Changes the state; resolves when it is on the disk and in force. A stricter one that the ledger refuses
   * still holds. The notifier tells the operator of it, from the ledger.
   *
   * @param overridden limits that are disregarded from now until the session day ends, with a looser state
   */
  async change(
    tradingState: TradingState,
    setBy: string,
    reason: string,
    overridden: readonly string[] = [],
  ): Promise<void> {
    const next: TradingCondition = { tradingState, setBy, reason, since: this.#stamp() };
    const decided = this.#decided;
    if (isStricter(this.current, next)) {
      if (overridden.length > 0) {
        const tradingDay = this.#options.view().book.session?.tradingDay ?? null;
        this.#overridden = { tradingDay, codes: overridden };
      }
      await this.#oneAtATime(async () => {
        await this.#record(next);
        // From here on nothing decided before holds any more, recorded or not; what was decided meanwhile does.
        if (this.#decided === decided) this.#decided = next;
        await this.#inForce(next);
      });
      return;
    }
    this.#decided = next;
    this.#unrecorded = next;
    await this.keep();
  }

  /** Records what is in force and is not on the disk: a state that was refused once is tried again. */
  async keep(): Promise<void> {
    const unrecorded = this.#unrecorded;
    if (unrecorded === null) return;
    if (unrecorded === this.#decided) await this.#record(unrecorded);
    if (this.#unrecorded === unrecorded) this.#unrecorded = null;
  }

  /** A looser state comes into force when the ledger says so: a moment after it was recorded. */
  async #inForce(next: TradingCondition): Promise<void> {
    const deadlineMs = monotonicNowMs() + IN_FORCE_WITHIN_MS;
    while (isStricter(this.current, next)) {
      if (monotonicNowMs() >= deadlineMs) return;
      await sleep(IN_FORCE_POLL_MS);
    }
  }

  /** Writes down the figures of the session day, the state as it is; resolves with the record's ledger sequence. */
  recordFigures(openingPrices?: Readonly<Record<string, number>>): Promise<number> {
    return this.#oneAtATime(() => {
      const { current } = this;
      // The state of a first start began with its first record.
      return this.#record(current.since === 0 ? { ...current, since: this.#stamp() } : current, openingPrices);
    });
  }

  /**
   * Figures are recorded with the state that is in force: until a looser one is, they would write down the one before
   * it, and undo it.
   */
  #oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  #stamp(): number {
    const { marketMs, wallMs } = this.#options.now();
    return Math.floor(marketMs ?? wallMs);
  }

  /** Called when the ledger said what the state is: what was decided before it is part of it. */
  onRecorded(): void {
    const recorded = this.#options.recorded();
    const decided = this.#decided;
    if (decided === null || decided.tradingState !== recorded.tradingState) return;
    if (decided.since === recorded.since && decided.setBy === recorded.setBy) this.#decided = null;
  }

  async #record(condition: TradingCondition, openingPrices?: Readonly<Record<string, number>>): Promise<number> {
    const view = this.#options.view();
    const { tradingDay, codes } = this.#overridden;
    const isToday = tradingDay !== null && tradingDay === view.book.session?.tradingDay;
    const state = riskStateOf(view, condition, isToday ? codes : []);
    const prices = openingPrices ?? state.openingPrices;
    const full = prices ? { ...state, openingPrices: { ...prices } } : state;
    const recorded = await this.#options.bus.record(riskStateMessage, [], full);
    return recorded.outcome === "stored" ? recorded.sequence : 0;
  }
}

/** What `risk.state` says: the trading state and the figures of the session day. */
export function riskStateOf(
  view: RiskView,
  condition: TradingCondition,
  overridden: readonly string[] = [],
): RiskState {
  const { book } = view;
  const { session, recorded } = book;
  const { regime, reason } = regimeIn(view);
  const isSameDay = recorded !== null && recorded.tradingDay === session?.tradingDay;
  return {
    ...condition,
    tradingDay: session?.tradingDay ?? null,
    equityAtSessionStart: session?.equityAtStart ?? null,
    dayTradeRegime: regime,
    dayTradeRegimeReason: reason,
    dayTradesUsed: session === null ? 0 : usedDayTrades(book, dayTradesIn(book, session.window)),
    dayProfit: dayResult(view)?.profit ?? 0,
    ...(isSameDay ? { openingPrices: { ...recorded.openingPrices } } : {}),
    peakDayProfit: view.peakDayProfit,
    overridden: [...new Set([...(isSameDay ? recorded.overridden : []), ...overridden])],
  };
}

const isStricter = (a: TradingCondition, b: TradingCondition): boolean =>
  STRICTNESS[a.tradingState] > STRICTNESS[b.tradingState];
