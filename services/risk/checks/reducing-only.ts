import { type Check, figures } from "./check.ts";

export const reducingOnly: Check = {
  code: "REDUCING_ONLY",
  settings: [],
  meaning: "Trading is set to reducing by the operator or a limit: only exits pass.",
  exitsExempt: true,
  check: ({ view: { trading } }) =>
    trading.tradingState === "reducing" ? figures({ setBy: trading.setBy, since: trading.since }) : null,
};
