import type { DenyReason, OrderIntent } from "#libs/contracts/mod.ts";
import { formatNewYorkTime } from "#libs/time/mod.ts";
import type { Run } from "./run.ts";

/**
 * What the gameplan itself forbids, before risk is asked: symbols that are not in it, openings outside its hours,
 * more than its capital; and openings by a strategy that lost its memory. An order that only brings the position closer
 * to flat is never stopped here (law 7).
 */
export function planRefusal(run: Run, intent: OrderIntent, marketTimeMs: number): DenyReason | undefined {
  const { plan, memory } = run;
  // Also of a symbol that was taken out of the plan while it was held.
  if (closes(intent, memory.book.positions[intent.symbol]?.quantity ?? 0)) return undefined;
  if (!plan.symbols.includes(intent.symbol)) {
    return {
      code: "SYMBOL_NOT_IN_PLAN",
      detail: `symbol=${intent.symbol} plan=${plan.symbols.join(",")}`.slice(0, 500),
    };
  }
  if (memory.forgetful)
    return {
      code: "ORDERS_FORGOTTEN",
      detail: `asked_before=${memory.orderNumber} passes=closing_orders until=reload`,
    };
  if (marketTimeMs < plan.fromMs || marketTimeMs >= plan.untilMs) {
    return {
      code: "OUTSIDE_PLAN_HOURS",
      detail: [marketTimeMs, plan.fromMs, plan.untilMs]
        .map((ms, index) => `${["now", "from", "until"][index]}=${formatNewYorkTime(ms)}`)
        .join(" "),
    };
  }
  const price = priceOf(intent, memory.prices);
  // Without a price nobody can tell what it costs, and missing knowledge denies new risk.
  if (price === undefined) return { code: "PRICE_UNKNOWN", detail: `symbol=${intent.symbol}` };
  const used = capitalInUse(run);
  const wanted = intent.quantity * price;
  if (used + wanted <= plan.capitalUsd + 0.005) return undefined;
  return {
    code: "PLAN_CAPITAL",
    detail: `wanted=${wanted.toFixed(2)} in_use=${used.toFixed(2)} capital=${plan.capitalUsd.toFixed(2)}`,
  };
}

/** Whether an order can only bring a position of `held` shares closer to flat. */
export const closes = (intent: Pick<OrderIntent, "side" | "quantity">, held: number): boolean =>
  intent.side === "sell" ? held >= intent.quantity : -held >= intent.quantity;

/** USD in positions, and in orders of its own that may still add to one. Legs of brackets only close. */
function capitalInUse({ memory, plan }: Run): number {
  const held = Object.entries(memory.book.positions).reduce(
    (sum, [symbol, { quantity, averagePrice }]) => sum + Math.abs(quantity) * (memory.prices[symbol] ?? averagePrice),
    0,
  );
  const heldOf = (symbol: string) => memory.book.positions[symbol]?.quantity ?? 0;
  const working = Object.values(memory.book.orders)
    .filter((order) => order.parentClientOrderId === null)
    .filter((order) => !closes({ side: order.side, quantity: order.leavesQuantity }, heldOf(order.symbol)))
    .reduce((sum, order) => sum + order.leavesQuantity * (memory.prices[order.symbol] ?? plan.capitalUsd), 0);
  const asked = Object.values(memory.pending)
    .filter(({ intent, stage }) => stage !== "refused" && !closes(intent, heldOf(intent.symbol)))
    .reduce((sum, { intent }) => sum + intent.quantity * (priceOf(intent, memory.prices) ?? 0), 0);
  return held + working + asked;
}

function priceOf(intent: OrderIntent, prices: Readonly<Record<string, number>>): number | undefined {
  const { order } = intent;
  if (order.type === "limit" || order.type === "stop-limit" || order.type === "limit-on-close") return order.limitPrice;
  if (order.type === "stop") return order.stopPrice;
  if (order.type === "trailing-stop" && order.initialStopPrice !== null) return order.initialStopPrice;
  return prices[intent.symbol];
}
