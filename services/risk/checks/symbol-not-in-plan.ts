import { type Check, figures } from "./check.ts";

export const symbolNotInPlan: Check = {
  code: "SYMBOL_NOT_IN_PLAN",
  settings: ["GAMEPLAN_PATH"],
  meaning:
    "The gameplan in force does not let this strategy enter this symbol, or no gameplan is in force. The operator's own orders need no plan.",
  exitsExempt: true,
  check: ({ intent, today, view: { plan } }) => {
    const { strategy, symbol } = intent;
    if (strategy === "operator") return null;
    if (!plan.known) return figures({ plan: "none", why: plan.why });
    const { tradingDay, strategies } = plan.plan;
    if (tradingDay !== "any" && tradingDay !== today) return figures({ planFor: tradingDay, today });
    const own = strategies.find((one) => one.strategy === strategy);
    if (own === undefined) return figures({ strategy, planned: strategies.map((one) => one.strategy).join(",") });
    return own.symbols.includes(symbol) ? null : figures({ strategy, symbol, planned: own.symbols.join(",") });
  },
};
