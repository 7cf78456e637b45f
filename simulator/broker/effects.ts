import type { WireMargins } from "../protocol/open-order.ts";
import type { Execution } from "./execution.ts";
import type { BrokerOrder } from "./order.ts";
import type { Position } from "./positions.ts";
import type { Refusal } from "./refusal.ts";

/** What the broker wants told, in this order. The gateway decides who is connected to hear it. */
export type Effect =
  | {
      readonly kind: "open-order";
      readonly order: BrokerOrder;
      readonly status?: string;
      readonly margins?: WireMargins;
    }
  | { readonly kind: "order-status"; readonly order: BrokerOrder; readonly status?: string }
  | { readonly kind: "execution"; readonly execution: Execution }
  | { readonly kind: "commission"; readonly execution: Execution }
  | {
      readonly kind: "error";
      readonly clientId: number;
      readonly orderId: number;
      readonly code: number;
      readonly text: string;
    }
  | { readonly kind: "position"; readonly position: Position };

/** An order as it stands now, told in both ways. */
export function announced(order: BrokerOrder): Effect[] {
  return [
    { kind: "open-order", order },
    { kind: "order-status", order },
  ];
}

export function errorEffect(
  { clientId, orderId }: { readonly clientId: number; readonly orderId: number },
  { code, text }: Refusal,
): Effect {
  return { kind: "error", clientId, orderId, code, text };
}
