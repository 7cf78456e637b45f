import type { OrderIntent } from "#libs/contracts/mod.ts";
import {
  DAY_TRADES_ALLOWED,
  dayTradesIn,
  foreseenDayTrades,
  UNCOUNTED_FROM_EQUITY,
  usedDayTrades,
} from "../day-trades/use.ts";
import type { Facts } from "../evaluate/facts.ts";
import { type RiskView, regimeIn } from "../evaluate/view.ts";
import type { Book, OpenOrder } from "../state/book.ts";
import { linesWith } from "../state/lines.ts";
import { type Check, type Compared, deny, pass, verdict } from "./check.ts";

export const dayTrades: Check = {
  code: "DAY_TRADES",
  settings: ["DAY_TRADE_REGIME", "PDT_ENABLED"],
  meaning:
    "Under the pattern-day-trader rule, with less than 25,000 USD of prior-day equity: the order's exit today could be a fourth day trade in five business days, what is reserved counted in. An order to be held overnight, with nothing that could close it today, passes until three are used; then the broker refuses every opening.",
  exitsExempt: true,
  judge: (facts) => {
    const { view, intent, today, lines } = facts;
    const { book } = view;
    if (!countsDayTrades(view, facts) || today === null || book.session === null) return pass({ counted: false });
    // The window of the session day, and of one that began since without an account summary.
    const made = dayTradesIn(book, [...book.session.window, today], lines);
    const used = usedDayTrades(book, made);
    const allowed = DAY_TRADES_ALLOWED;
    const equity = priorDayEquity(book);
    const shown: Compared = { used, allowed, ...made, unseen: book.session.unseenDayTrades, equity };
    if (used >= allowed) return deny(shown, { left: allowed - used, unit: "day-trades" });
    const foreseenWith = (orders: readonly OpenOrder[]) =>
      usedDayTrades(book, foreseenDayTrades(book, linesWith(book, lines, orders), made, today));
    // Its protective orders rest at the broker and may close it today, whatever the plan says.
    const closesToday = !intent.holdOvernight || intent.bracket !== null;
    const foreseen = foreseenWith([askedOrder(intent, "entry", closesToday)]);
    if (intent.holdOvernight && foreseen <= foreseenWith([])) {
      return pass({ ...shown, holdOvernight: true }, { left: allowed - used, unit: "day-trades" });
    }
    return verdict(foreseen > allowed, { foreseen, ...shown }, { left: allowed - foreseen, unit: "day-trades" });
  },
};

/** Whether day trades are counted for this account now: the old rule, and less than its minimum equity. */
export const countsDayTrades = (view: RiskView, { regime }: Pick<Facts, "regime"> = regimeIn(view)): boolean =>
  regime === "pattern-day-trader" && priorDayEquity(view.book) < UNCOUNTED_FROM_EQUITY;

/** USD at the prior day's close, as the rule has it; the session's first equity where the broker does not say. */
export const priorDayEquity = ({ account, session }: Book): number =>
  account?.summary.previousDayEquity ?? session?.equityAtStart ?? 0;

/** An order that is not approved yet, as far as day trades are concerned. */
export const askedOrder = (intent: OrderIntent, role: OpenOrder["role"], closesToday: boolean): OpenOrder => ({
  clientOrderId: intent.clientOrderId,
  group: intent.clientOrderId,
  role,
  strategy: intent.strategy,
  symbol: intent.symbol,
  side: intent.side,
  quantity: intent.quantity,
  worstPrice: 0,
  restsAt: null,
  holdOvernight: !closesToday,
  status: "approved",
  executed: 0,
  correctedAway: 0,
  settled: null,
});
