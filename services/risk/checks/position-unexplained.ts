import { ownFigures, symbolBook } from "../state/positions.ts";
import { type Check, verdict } from "./check.ts";

export const positionUnexplained: Check = {
  code: "POSITION_UNEXPLAINED",
  settings: [],
  meaning: "The broker holds of this symbol what our executions do not explain: it is counted, and not added to.",
  exitsExempt: true,
  judge: ({ intent, view: { book } }) => {
    const entry = symbolBook(book, intent.symbol);
    const own = ownFigures(entry).quantity;
    const isExplained = entry.explained && (entry.reported === null || entry.behind);
    return verdict(!isExplained, { symbol: intent.symbol, broker: entry.reported ?? own, own });
  },
};
