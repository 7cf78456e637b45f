import { ownFigures, symbolBook } from "../state/positions.ts";
import { type Check, figures } from "./check.ts";

export const positionUnexplained: Check = {
  code: "POSITION_UNEXPLAINED",
  settings: [],
  meaning: "The broker holds of this symbol what our executions do not explain: it is counted, and not added to.",
  exitsExempt: true,
  check: ({ intent, view: { book } }) => {
    const entry = symbolBook(book, intent.symbol);
    if (entry.explained && entry.reported === null) return null;
    const own = ownFigures(entry).quantity;
    return figures({ symbol: intent.symbol, broker: entry.reported ?? own, own });
  },
};
