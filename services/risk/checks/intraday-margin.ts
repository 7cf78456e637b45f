import { regimeOf } from "../day-trades/regime.ts";
import type { Facts } from "../evaluate/facts.ts";
import { markOf } from "../evaluate/price.ts";
import { leavesOf } from "../state/book.ts";
import { ownFigures } from "../state/positions.ts";
import { type Check, figures } from "./check.ts";

/** Maintenance requirement of ordinary stock, parts of its market value: long (FINRA 4210(c)(1)) and short. */
const LONG_REQUIREMENT = 0.25;
const SHORT_REQUIREMENT = 0.3;

export const intradayMargin: Check = {
  code: "INTRADAY_MARGIN",
  settings: ["INTRADAY_MARGIN_CUSHION_PCT", "DAY_TRADE_REGIME"],
  meaning:
    "Under the intraday margin rule: what the broker calls excess liquidity, less the requirement of this order and of everything reserved, would fall below this part of equity.",
  exitsExempt: true,
  check: (facts) => {
    const { view, intent, worstPrice } = facts;
    const { account, session } = view.book;
    if (account === null) return null;
    const { summary } = account;
    const { regime } = regimeOf(view.limits.dayTradeRegime, session?.tags ?? null, summary.account, view.mode);
    if (regime !== "intraday-margin") return null;
    if (worstPrice === null) return figures({ price: "unknown" });
    const order = intent.quantity * worstPrice * requirementOf(intent.side);
    const reserved = reservedRequirement(facts);
    // The broker's figures are up to half a minute old; the model knows every fill. The smaller of them counts.
    const model = summary.netLiquidation - heldRequirement(facts);
    const excess = Math.min(summary.excessLiquidity ?? model, summary.lookAheadExcessLiquidity ?? model, model);
    const cushion = view.limits.intradayMarginCushionFraction * summary.netLiquidation;
    return excess - reserved - order < cushion ? figures({ excess, reserved, order, cushion, unit: "USD" }) : null;
  },
};

const requirementOf = (side: "buy" | "sell"): number => (side === "buy" ? LONG_REQUIREMENT : SHORT_REQUIREMENT);

function reservedRequirement({ orders }: Facts): number {
  let usd = 0;
  for (const order of orders) {
    if (order.role === "entry") usd += leavesOf(order) * order.worstPrice * requirementOf(order.side);
  }
  return usd;
}

function heldRequirement({ view }: Facts): number {
  let usd = 0;
  for (const [symbol, entry] of view.book.symbols) {
    const { quantity, basis } = ownFigures(entry);
    const price = markOf(view.quoteOf(symbol)) ?? basis;
    usd += Math.abs(quantity) * price * requirementOf(quantity >= 0 ? "buy" : "sell");
  }
  return usd;
}
