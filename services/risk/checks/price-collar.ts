import type { OrderIntent, Quote } from "#libs/contracts/mod.ts";
import { type Check, deny, pass } from "./check.ts";

export const priceCollar: Check = {
  code: "PRICE_COLLAR",
  settings: ["PRICE_COLLAR_PCT"],
  meaning:
    "A fat finger: the order would pay more, or sell for less, than the last trade and the other side's best price by more than this part; or its stop lies further than that from both. A market order is judged by what the quote makes it pay.",
  exitsExempt: true,
  judge: ({ intent, quote, view: { limits } }) => {
    const collar = limits.priceCollarFraction;
    if (quote === undefined) return pass({ quote: null, collar });
    const references = referencesOf(intent, quote);
    if (references.length === 0) return pass({ quote: null, collar });
    const [name, price] = reachedBy(intent, quote);
    if (price === null) return pass({ order: intent.order.type, collar });
    const isStop = name === "stopPrice";
    const sign = intent.side === "buy" ? 1 : -1;
    for (const [reference, value] of references) {
      const beyond = ((price - value) / value) * sign;
      // A limit that waits for a better price can wait for any; a stop acts wherever it stands.
      if ((isStop ? Math.abs(beyond) : beyond) > collar + 1e-9) {
        return deny({ [name]: price, [reference]: value, beyond, collar });
      }
    }
    return pass({
      [name]: price,
      last: quote.last,
      [intent.side === "buy" ? "ask" : "bid"]: intent.side === "buy" ? quote.ask : quote.bid,
      collar,
    });
  },
};

type Named = readonly [name: string, price: number];

/** What a purchase compares with: the last trade and the best offer; a sale: the last trade and the best bid. */
function referencesOf({ side }: OrderIntent, { bid, ask, last }: Quote): readonly Named[] {
  const best: Named | null = side === "buy" ? (ask === null ? null : ["ask", ask]) : bid === null ? null : ["bid", bid];
  return [...(last === null ? [] : [["last", last] as const]), ...(best === null ? [] : [best])];
}

/** The price an order reaches to; null for one that has none before its time. */
function reachedBy({ order, side }: OrderIntent, { bid, ask }: Quote): readonly [name: string, price: number | null] {
  switch (order.type) {
    case "market":
      return side === "buy" ? ["ask", ask] : ["bid", bid];
    case "limit":
    case "limit-on-close":
      return ["limitPrice", order.limitPrice];
    case "stop":
      return ["stopPrice", order.stopPrice];
    case "stop-limit":
      return [
        "stopPrice",
        side === "buy" ? Math.max(order.stopPrice, order.limitPrice) : Math.min(order.stopPrice, order.limitPrice),
      ];
    case "trailing-stop":
      return ["stopPrice", order.initialStopPrice];
    case "market-on-close":
      return ["price", null];
  }
}
