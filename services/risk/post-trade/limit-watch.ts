import type { Bus } from "#libs/bus/mod.ts";
import { type Alert, type CloseOut, type LimitUse, limitUseMessage } from "#libs/contracts/mod.ts";
import { dayResult } from "../evaluate/day-result.ts";
import type { Moment, RiskView } from "../evaluate/view.ts";
import { sessionDayOf } from "../state/trading-days.ts";
import type { TradingControl } from "../trading-control.ts";
import type { TripActions } from "./actions.ts";
import { isOverridden, POST_TRADE_LIMITS, type PostTradeLimit } from "./limits.ts";

/** Parts of a limit at which the operator is told. */
const LEVELS = [0.5, 0.8, 1] as const;
/** How much longer a limit must be beyond than inside before everything is closed for it, machine time: a few quotes. */
const LASTS_MS = 1000;

export interface LimitWatchOptions {
  readonly bus: Pick<Bus, "alert" | "record">;
  readonly control: TradingControl;
  readonly view: () => RiskView;
  readonly now: () => Moment;
  /** What the operator chose to be done, by the limit's code. */
  readonly actions: TripActions;
  readonly closeOut: {
    readonly current: CloseOut | null;
    begin(wanted: Pick<CloseOut, "scope" | "setBy" | "reason">): Promise<void>;
  };
  /** The limit uses recorded last, so that a restart repeats no warning. */
  readonly recordedUses: readonly RecordedUse[];
}

export interface RecordedUse extends LimitUse {
  /** The trading day it was recorded on; null when it is not known. */
  readonly tradingDay: string | null;
}

interface Found {
  /** Machine time. */
  readonly atMs: number;
  readonly isBeyond: boolean;
  /** How much longer it has been beyond than inside, up to what it takes. */
  readonly balanceMs: number;
}

/** What is told of the limits on the day's result as they fill up, and what is done when one trips. */
export class LimitWatch {
  readonly #options: LimitWatchOptions;
  /** The highest level told, by the limit's name. */
  readonly #told = new Map<string, number>();
  /** How each limit that flattens was found at the last look, by its code. */
  readonly #found = new Map<string, Found>();
  #day: string | null = null;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** The highest part of a limit that the operator was told of this session day; undefined for one that is not told. */
  toldOf(name: string): number | undefined {
    if (!POST_TRADE_LIMITS.some((limit) => limit.name === name)) return undefined;
    this.#enterDay();
    return this.#told.get(name) ?? 0;
  }

  async look(): Promise<void> {
    const tradingDay = this.#enterDay();
    if (tradingDay === null) return;
    for (const limit of POST_TRADE_LIMITS) {
      const view = this.#options.view();
      const use = useOf(limit, view);
      if (use === null || isOverridden(view, limit.code)) continue;
      const level = levelOf(use);
      const lasts = this.#lasts(limit, level === 1);
      try {
        if (level === 1) await this.#trip(limit, use, tradingDay, lasts);
      } finally {
        // Also when the ledger does not take what was done: alerts are kept apart from it (law 8).
        await this.#tell(limit, use, level, tradingDay);
      }
    }
  }

  /**
   * Everything is sold only for a loss that lasts: one bad quote is over with the next. A loss that moves around the
   * limit lasts when it is beyond for longer than inside.
   */
  #lasts({ code }: PostTradeLimit, isBeyond: boolean): boolean {
    const { actions, now } = this.#options;
    if (actions[code] !== "flatten") return false;
    const atMs = now().monotonicMs;
    const last = this.#found.get(code) ?? { atMs, isBeyond: false, balanceMs: 0 };
    const passedMs = atMs - last.atMs;
    const addedMs = isBeyond ? (last.isBeyond ? passedMs : 0) : -passedMs;
    const balanceMs = Math.min(LASTS_MS, Math.max(0, last.balanceMs + addedMs));
    this.#found.set(code, { atMs, isBeyond, balanceMs });
    return balanceMs >= LASTS_MS;
  }

  /** @returns the session day; null before the first */
  #enterDay(): string | null {
    const tradingDay = this.#options.view().book.session?.tradingDay ?? null;
    if (tradingDay === this.#day) return tradingDay;
    this.#told.clear();
    this.#found.clear();
    // What was told before a kill is told; a later day begins with nothing of the one before.
    for (const use of this.#day === null ? this.#options.recordedUses : []) {
      if (use.tradingDay === tradingDay) this.#told.set(use.name, Math.max(use.told ?? 0, levelOf(use)));
    }
    this.#day = tradingDay;
    return tradingDay;
  }

  /**
   * Entries are stopped, and those that work canceled, at the first look that finds it beyond; everything is closed when
   * it lasts. Every step is done only when the ledger does not have it yet, so that a kill between two of them, and all
   * looks after it, repeat none.
   */
  async #trip({ code, words }: PostTradeLimit, use: LimitUse, tradingDay: string, lasts: boolean): Promise<void> {
    const { control, actions, closeOut, view } = this.#options;
    const reason = `${words}, ${shown(use, use.used)}, has reached the limit of ${shown(use, use.limit)}`;
    if (control.current.tradingState === "active") await control.change("reducing", code, reason);
    if (actions[code] !== "flatten" || !lasts) return;
    const { current } = closeOut;
    // Whoever began it: since then entries have not passed, so a second limit that trips finds nothing more to close.
    const isDone =
      current !== null &&
      current.since >= control.current.since &&
      sessionDayOf(view().calendar, current.since) >= tradingDay;
    if (!isDone) await closeOut.begin({ scope: "explained", setBy: code, reason });
  }

  async #tell(limit: PostTradeLimit, use: LimitUse, level: number, tradingDay: string): Promise<void> {
    const { bus, actions } = this.#options;
    if (level <= (this.#told.get(limit.name) ?? 0)) return;
    await bus.alert(alertOf(limit, use, level, tradingDay, actions[limit.code] === "flatten"));
    // From here on also the records of the limit's use say it (`toldOf`), whichever of them is the newest.
    this.#told.set(limit.name, level);
    await bus.record(limitUseMessage, [use.name], { ...use, told: level });
  }
}

/**
 * How much of a limit is used; null where that cannot be told. An amount is told in whole dollars, since it moves with
 * every quote; it is at the limit when, and only when, the limit is reached.
 */
export function useOf({ name, unit, measure }: PostTradeLimit, view: RiskView): LimitUse | null {
  const measured = measure(view, dayResult(view));
  if (measured === null) return null;
  const { used, limit } = measured;
  if (unit !== "USD") return { name, used, limit, unit };
  const whole = Math.max(0, Math.floor(used));
  return { name, used: used >= limit ? Math.max(whole, limit) : Math.min(whole, limit), limit, unit };
}

const levelOf = ({ used, limit }: LimitUse): number =>
  LEVELS.findLast((level) => limit > 0 && used >= level * limit) ?? 0;

const shown = ({ unit }: LimitUse, amount: number): string =>
  unit === "USD" ? `${amount.toFixed(2)} USD` : `${amount}`;

function alertOf(limit: PostTradeLimit, use: LimitUse, level: number, tradingDay: string, flattens: boolean): Alert {
  const fields = [
    { name: "used", value: shown(use, use.used) },
    { name: "limit", value: shown(use, use.limit) },
    { name: "session day", value: tradingDay },
  ];
  if (level < 1) {
    return {
      severity: "warning",
      code: `${limit.code}_WARNING`,
      title: `${level * 100} % of the limit on ${limit.words} is used`,
      text: flattens
        ? "When it is reached entries stop; when that lasts for a second everything is closed."
        : "When it is reached entries stop, and those that work are canceled; exits always pass.",
      fields,
    };
  }
  return {
    severity: "critical",
    code: `${limit.code}_BREACHED`,
    title: `The limit on ${limit.words} is reached: entries are stopped`,
    text: flattens
      ? "Entries that work are canceled; only exits pass until the next session day. When it lasts for a second everything is closed: you are told when that begins."
      : "Entries that work are canceled; only exits pass until the next session day. Open positions are not closed by this: `npx crucible flatten` closes them.",
    fields,
  };
}
