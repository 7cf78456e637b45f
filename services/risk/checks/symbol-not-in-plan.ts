import { type Check, deny, pass, verdict } from "./check.ts";

export const symbolNotInPlan: Check = {
  code: "SYMBOL_NOT_IN_PLAN",
  settings: ["GAMEPLAN_PATH"],
  meaning:
    "The gameplan in force does not let this strategy enter this symbol, or no gameplan is in force. The operator's own orders need no plan.",
  exitsExempt: true,
  judge: ({ intent, today, view: { plan } }) => {
    const { strategy, symbol } = intent;
    if (strategy === "operator") return pass({ strategy });
    if (!plan.known) return deny({ plan: "none", why: plan.why });
    const { tradingDay, strategies } = plan.plan;
    if (tradingDay !== "any" && tradingDay !== today) return deny({ planFor: tradingDay, today });
    const own = strategies.find((one) => one.strategy === strategy);
    if (own === undefined) return deny({ strategy, planned: strategies.map((one) => one.strategy).join(",") });
    return verdict(!own.symbols.includes(symbol), { strategy, symbol, planned: own.symbols.join(",") });
  },
};
