import { regimeOf } from "../day-trades/regime.ts";
import {
  DAY_TRADES_ALLOWED,
  dayTradesIn,
  foreseenDayTrades,
  UNCOUNTED_FROM_EQUITY,
  usedDayTrades,
} from "../day-trades/use.ts";
import type { Facts } from "../evaluate/facts.ts";
import type { OpenOrder } from "../state/book.ts";
import { type Check, type Compared, deny, pass, verdict } from "./check.ts";

export const dayTrades: Check = {
  code: "DAY_TRADES",
  settings: ["DAY_TRADE_REGIME", "PDT_ENABLED"],
  meaning:
    "Under the pattern-day-trader rule, with less than 25,000 USD of prior-day equity: the order's exit today could be a fourth day trade in five business days, what is reserved counted in. An order to be held overnight passes until three are used; then the broker refuses every opening.",
  exitsExempt: true,
  judge: (facts) => {
    const { view, intent, today } = facts;
    const { book } = view;
    if (!countsDayTrades(facts) || today === null || book.session === null) return pass({ counted: false });
    const made = dayTradesIn(book, book.session.window);
    const used = usedDayTrades(book, made);
    const allowed = DAY_TRADES_ALLOWED;
    const equity = priorDayEquity(facts);
    const shown: Compared = { used, allowed, ...made, unseen: book.session.unseenDayTrades, equity };
    if (used >= allowed) return deny(shown, { left: allowed - used, unit: "day-trades" });
    if (intent.holdOvernight)
      return pass({ ...shown, holdOvernight: true }, { left: allowed - used, unit: "day-trades" });
    const foreseen = usedDayTrades(
      book,
      foreseenDayTrades(book, [...facts.reserved, hypothetical(facts)], made, today),
    );
    const after = Math.max(foreseen, used + 1);
    return verdict(after > allowed, { foreseen, ...shown }, { left: allowed - after, unit: "day-trades" });
  },
};

/** Whether day trades are counted for this account now: the old rule, and less than its minimum equity. */
export function countsDayTrades({ view }: Pick<Facts, "view">): boolean {
  const { book, limits, mode } = view;
  const account = book.account?.summary.account ?? null;
  const { regime } = regimeOf(limits.dayTradeRegime, book.session?.tags ?? null, account, mode);
  return regime === "pattern-day-trader" && priorDayEquity({ view }) < UNCOUNTED_FROM_EQUITY;
}

/** USD at the prior day's close, as the rule has it; the session's first equity where the broker does not say. */
export const priorDayEquity = ({ view: { book } }: Pick<Facts, "view">): number =>
  book.account?.summary.previousDayEquity ?? book.session?.equityAtStart ?? 0;

const hypothetical = ({ intent }: Facts): OpenOrder => ({
  clientOrderId: intent.clientOrderId,
  group: intent.clientOrderId,
  role: "entry",
  strategy: intent.strategy,
  symbol: intent.symbol,
  side: intent.side,
  quantity: intent.quantity,
  worstPrice: 0,
  restsAt: null,
  holdOvernight: false,
  status: "approved",
  executed: 0,
  settled: null,
});
