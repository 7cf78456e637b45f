import { type Check, deny, verdict } from "./check.ts";
import { sinceOf } from "./since.ts";

/** What the trading state is set by when the ledger holds less than this service has seen of it. */
export const LEDGER_WENT_BACKWARDS = "LEDGER_WENT_BACKWARDS";

export const ledgerBehind: Check = {
  code: "LEDGER_BEHIND",
  settings: [],
  meaning:
    "What risk knows may be behind what happened: the bus was away and the ledger is not read to its end yet, or the ledger lost messages and the operator has not resumed since.",
  exitsExempt: true,
  judge: ({ view: { ledgerBehind: why, trading } }) => {
    if (why !== null) return deny({ why });
    const lost = trading.setBy === LEDGER_WENT_BACKWARDS && trading.tradingState !== "active";
    return verdict(lost, lost ? { why: LEDGER_WENT_BACKWARDS, since: sinceOf(trading) } : {});
  },
};
