import { requirementOf } from "../evaluate/exposure.ts";
import { type Check, deny, pass, verdict } from "./check.ts";

export const intradayMargin: Check = {
  code: "INTRADAY_MARGIN",
  settings: ["INTRADAY_MARGIN_CUSHION_PCT", "DAY_TRADE_REGIME"],
  meaning:
    "Under the intraday margin rule: what the broker calls excess liquidity, less the requirement of this order and of everything reserved, would fall below this part of equity.",
  exitsExempt: true,
  judge: (facts) => {
    const { view, intent, regime, worstPrice, exposure } = facts;
    const { account } = view.book;
    if (account === null) return pass({ equity: null });
    const { summary } = account;
    if (regime !== "intraday-margin") return pass({ regime });
    if (worstPrice === null) return deny({ price: null });
    const order = intent.quantity * worstPrice * requirementOf(intent.side);
    const reserved = exposure.workingRequirement;
    // The broker's figures are up to half a minute old; the model knows every fill. The smaller of them counts.
    const model = summary.netLiquidation - exposure.heldRequirement;
    const excess = Math.min(summary.excessLiquidity ?? model, summary.lookAheadExcessLiquidity ?? model, model);
    const cushion = view.limits.intradayMarginCushionFraction * summary.netLiquidation;
    const left = excess - reserved - order - cushion;
    return verdict(left < 0, { excess, reserved, order, cushion, unit: "USD" }, { left, unit: "USD" });
  },
};
