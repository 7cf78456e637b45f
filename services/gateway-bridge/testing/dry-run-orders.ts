import { type ClientOrderId, clientOrderIdSchema, type OrderType } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import type { EngineOutput, EngineTime } from "../dry-run/engine.ts";
import type { EngineQuote } from "../dry-run/matching.ts";
import type { Leg } from "../orders/legs.ts";

/** What the tests of the dry-run engine place, quote and look at. */

export const id = (text: string): ClientOrderId => clientOrderIdSchema.parse(text);
export const OPEN: EngineTime = { marketMs: epochMsOf("2026-03-10", "10:30"), phase: "open" };
export const CLOSED: EngineTime = { marketMs: epochMsOf("2026-03-10", "21:00"), phase: "closed" };

export const leg = (change: Partial<Leg> & { endsMs?: number | null } = {}): Leg & { endsMs: number | null } => ({
  clientOrderId: id("a"),
  parentClientOrderId: null,
  symbol: "SPY",
  side: "buy",
  quantity: 100,
  order: { type: "market" },
  timeInForce: "day",
  outsideRegularHours: false,
  oneCancelsAllGroup: null,
  endsMs: null,
  ...change,
});
export const quote = (bid: number, ask: number, size = 1000, trade: EngineQuote["trade"] = null): EngineQuote => ({
  symbol: "SPY",
  bid,
  ask,
  bidSize: size,
  askSize: size,
  last: trade?.price ?? null,
  trade,
  halted: false,
  delayed: false,
});
export const limit = (limitPrice: number): OrderType => ({ type: "limit", limitPrice });
export const executions = (outputs: readonly EngineOutput[]) =>
  outputs.flatMap((output) =>
    output.type === "executed" ? [{ id: output.clientOrderId, quantity: output.quantity, price: output.price }] : [],
  );
export const endings = (outputs: readonly EngineOutput[]) =>
  outputs.flatMap((output) => (output.type === "ended" ? [`${output.clientOrderId} ${output.status}`] : []));
