import { type Check, figures } from "./check.ts";

export const tradingHalted: Check = {
  code: "TRADING_HALTED",
  settings: [],
  meaning: "Trading is halted by the operator or a limit: nothing passes, exits neither, until the operator resumes.",
  exitsExempt: false,
  check: ({ view: { trading } }) =>
    trading.tradingState === "halted" ? figures({ setBy: trading.setBy, since: trading.since }) : null,
};
