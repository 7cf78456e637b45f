import type { Bus } from "#libs/bus/mod.ts";
import { type Alert, type RiskState, riskStateMessage, type TradingState } from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep } from "#libs/time/mod.ts";
import { regimeOf } from "./day-trades/regime.ts";
import { dayTradesIn, usedDayTrades } from "./day-trades/use.ts";
import { dayResult } from "./evaluate/day-result.ts";
import type { Moment, RiskView } from "./evaluate/view.ts";
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
  /** What is in force and the ledger did not take, and the state before it. */
  #unrecorded: { readonly before: TradingCondition; readonly next: TradingCondition } | null = null;

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
    return this.#unrecorded === null || this.#unrecorded.next !== this.#decided;
  }

  /** Changes the state; resolves when it is on the disk and in force. A stricter one that the ledger refuses still holds. */
  async change(tradingState: TradingState, setBy: string, reason: string): Promise<void> {
    const next: TradingCondition = { tradingState, setBy, reason, since: this.#stamp() };
    const before = this.current;
    const decided = this.#decided;
    if (isStricter(before, next)) {
      await this.#record(next);
      // From here on nothing decided before holds any more, recorded or not; what was decided meanwhile does.
      if (this.#decided === decided) this.#decided = next;
      await this.#inForce(next);
      await this.#options.bus.alert(changed(before, next));
      return;
    }
    this.#decided = next;
    this.#unrecorded = { before, next };
    await this.keep();
  }

  /** Records what is in force and is not on the disk: a state that was refused once is tried again. */
  async keep(): Promise<void> {
    const unrecorded = this.#unrecorded;
    if (unrecorded === null) return;
    if (unrecorded.next === this.#decided) {
      await this.#record(unrecorded.next);
      await this.#options.bus.alert(changed(unrecorded.before, unrecorded.next));
    }
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
    const { current } = this;
    // The state of a first start began with its first record.
    return this.#record(current.since === 0 ? { ...current, since: this.#stamp() } : current, openingPrices);
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
    const state = riskStateOf(this.#options.view(), condition);
    const prices = openingPrices ?? state.openingPrices;
    const full = prices ? { ...state, openingPrices: { ...prices } } : state;
    const recorded = await this.#options.bus.record(riskStateMessage, [], full);
    return recorded.outcome === "stored" ? recorded.sequence : 0;
  }
}

/** What `risk.state` says: the trading state and the figures of the session day. */
export function riskStateOf(view: RiskView, condition: TradingCondition): RiskState {
  const { book, limits, mode } = view;
  const { session, recorded } = book;
  const account = book.account?.summary.account ?? null;
  const { regime, reason } = regimeOf(limits.dayTradeRegime, session?.tags ?? null, account, mode);
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
  };
}

const isStricter = (a: TradingCondition, b: TradingCondition): boolean =>
  STRICTNESS[a.tradingState] > STRICTNESS[b.tradingState];

function changed(before: TradingCondition, after: TradingCondition): Alert {
  const meaning: Readonly<Record<TradingState, string>> = {
    active: "Entries and exits pass.",
    reducing: "Only exits pass, until the operator resumes.",
    halted: "Nothing passes, exits neither, until the operator resumes.",
  };
  return {
    severity: isStricter(after, before) ? "warning" : "info",
    code: "TRADING_STATE_CHANGED",
    title: `Trading is ${after.tradingState}, set by ${after.setBy}`,
    text: `${meaning[after.tradingState]} Reason: ${after.reason || "none given"}`.slice(0, 2000),
    fields: [
      { name: "before", value: before.tradingState },
      { name: "after", value: after.tradingState },
      { name: "set by", value: after.setBy },
    ],
  };
}
