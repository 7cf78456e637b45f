import {
  type Approval,
  approvedMessage,
  fillMessage,
  orderEventMessage,
  TERMINAL_ORDER_STATUSES,
} from "#libs/contracts/mod.ts";
import type { World } from "./world.ts";

/** One approved order as the ledger tells of it: counted here anew, from the first message, without the fold. */
export interface ToldOrder {
  readonly id: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly isEntry: boolean;
  readonly approvedAtMs: number;
  readonly price: number;
  /** Shares that may still be executed. */
  readonly leaves: number;
  /** Ended with nothing executed. */
  readonly unfilled: boolean;
}

export interface Told {
  readonly orders: readonly ToldOrder[];
  /** Shares of each symbol; negative is short. */
  readonly held: ReadonlyMap<string, number>;
}

/**
 * What the ledger, and what is approved and not recorded yet, come to: the slow and plain way. Protective orders are
 * left out, since they only ever close what their entry opened.
 */
export function told(world: World, reserved: readonly Approval[] = []): Told {
  const approvals = new Map(reserved.map((approval) => [approval.intent.clientOrderId as string, approval]));
  const ended = new Map<string, number>();
  const executed = new Map<string, number>();
  const held = new Map<string, number>();
  const seen = new Set<string>();
  for (const event of world.ledger) {
    const approved = event.as(approvedMessage)?.data;
    const told = event.as(orderEventMessage)?.data;
    const fill = event.as(fillMessage)?.data;
    if (approved) approvals.set(approved.intent.clientOrderId, approved);
    if (told && TERMINAL_ORDER_STATUSES.has(told.status) && !ended.has(told.clientOrderId)) {
      ended.set(told.clientOrderId, told.filledQuantity);
    }
    if (fill?.kind !== "execution" || seen.has(fill.executionId)) continue;
    seen.add(fill.executionId);
    held.set(fill.symbol, (held.get(fill.symbol) ?? 0) + (fill.side === "buy" ? fill.quantity : -fill.quantity));
    if (fill.clientOrderId) executed.set(fill.clientOrderId, (executed.get(fill.clientOrderId) ?? 0) + fill.quantity);
  }
  const orders = [...approvals.values()].map(({ intent, reducesRisk, approvedAtMonotonicMs, reserved }): ToldOrder => {
    const { clientOrderId: id, strategy, symbol, side, quantity } = intent;
    const done = executed.get(id) ?? 0;
    const end = ended.get(id);
    return {
      id,
      strategy,
      symbol,
      side,
      isEntry: !reducesRisk,
      approvedAtMs: approvedAtMonotonicMs,
      price: reserved.notional / quantity,
      leaves: Math.max(0, (end === undefined ? quantity : Math.max(end, done)) - done),
      unfilled: end === 0 && done === 0,
    };
  });
  return { orders, held };
}
