import { type Check, verdict } from "./check.ts";
import { sinceOf } from "./since.ts";

export const tradingHalted: Check = {
  code: "TRADING_HALTED",
  settings: [],
  meaning: "Trading is halted by the operator or a limit: nothing passes, exits neither, until the operator resumes.",
  exitsExempt: false,
  judge: ({ view: { trading } }) =>
    verdict(trading.tradingState === "halted", { setBy: trading.setBy, since: sinceOf(trading) }),
};
