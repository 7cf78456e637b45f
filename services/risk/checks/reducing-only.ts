import { type Check, verdict } from "./check.ts";
import { sinceOf } from "./since.ts";

export const reducingOnly: Check = {
  code: "REDUCING_ONLY",
  settings: [],
  meaning: "Trading is set to reducing by the operator or a limit: only exits pass.",
  exitsExempt: true,
  judge: ({ view: { trading } }) =>
    verdict(trading.tradingState === "reducing", { setBy: trading.setBy, since: sinceOf(trading) }),
};
