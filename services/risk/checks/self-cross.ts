import { reachOf } from "../evaluate/price.ts";
import { leavesOf } from "../state/book.ts";
import { type Check, deny, pass } from "./check.ts";

export const selfCross: Check = {
  code: "SELF_CROSS",
  settings: [],
  meaning:
    "An own order on the other side of the symbol rests where this one would trade: the account would trade with itself, which is a wash trade. An order at the market would trade with any, however far away. An order whose price is not known, or that waits for its trigger, is not counted.",
  exitsExempt: true,
  judge: ({ intent, ofSymbol }) => {
    const reach = reachOf(intent.order, intent.side);
    if (reach === null) return pass({ order: intent.order.type });
    for (const order of ofSymbol) {
      if (order.side === intent.side || order.restsAt === null || leavesOf(order) === 0) continue;
      const meets = intent.side === "buy" ? order.restsAt <= reach : order.restsAt >= reach;
      if (meets) {
        return deny({
          clientOrderId: order.clientOrderId,
          side: order.side,
          rests: shown(order.restsAt),
          reach: shown(reach),
        });
      }
    }
    return pass({ reach: shown(reach) });
  },
};

/** A price; `market` for an order that takes any. */
const shown = (price: number): number | "market" => (price === 0 || price === Number.MAX_VALUE ? "market" : price);
