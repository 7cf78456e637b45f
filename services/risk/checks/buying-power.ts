import { buyingPowerUseOf } from "../evaluate/buying-power.ts";
import { type Check, deny, pass, verdict } from "./check.ts";

export const buyingPower: Check = {
  code: "BUYING_POWER",
  settings: ["MAX_BUYING_POWER_USE_PCT", "WHAT_IF_FROM_PCT"],
  meaning:
    "The order and every entry that works or is reserved would use more than this part of the broker's buying power. Near the limit the broker itself is asked what the order would do to margin; its answer decides, and where it gives none its last buying power does, less what was added to positions since.",
  exitsExempt: true,
  judge: (facts) => {
    const { view, whatIf } = facts;
    if (view.book.account === null) return pass({ buyingPower: null });
    if (whatIf?.outcome === "refused") return deny({ by: "broker", refused: whatIf.reason });
    const { buyingPower: power, order, working, added } = buyingPowerUseOf(facts);
    if (order === null) return deny({ price: null, buyingPower: power, unit: "USD" });
    const limit = view.limits.maxBuyingPowerUseFraction * power;
    if (whatIf?.outcome === "answered" && whatIf.equityWithLoanAfter !== null && whatIf.initialMarginAfter !== null) {
      const { equityWithLoanAfter: equity, initialMarginAfter: margin } = whatIf;
      // Entries that work are not in the broker's margin before they fill. A limited use of buying power is a cushion.
      const reserved = facts.exposure.workingInitialMargin;
      const cushion = equity - view.limits.maxBuyingPowerUseFraction * equity;
      const left = equity - margin - reserved - cushion;
      return verdict(
        left < -0.005,
        { by: "broker", equity, margin, reserved, cushion, unit: "USD" },
        { left, unit: "USD" },
      );
    }
    const left = limit - order - working - added;
    return verdict(
      left < -0.005,
      { by: "model", order, working, added, buyingPower: power, limit, unit: "USD" },
      { left, unit: "USD" },
    );
  },
};
