import type { ClientOrderId, OrderStatus, Side } from "#libs/contracts/mod.ts";
import type { AlertRequest, OrderRequest, SignalRequest, SubmittedOrder } from "./actions.ts";
import type { Plan } from "./plan.ts";

/** The strategy's own position, from its own executions in the ledger. */
export interface PositionView {
  /** Shares; negative is short, 0 is flat. */
  readonly quantity: number;
  /** USD a share, without commissions; null when flat. */
  readonly averagePrice: number | null;
}

/** One of the strategy's own orders that may still fill. */
export interface OrderView {
  readonly clientOrderId: ClientOrderId;
  /** The entry whose bracket this order belongs to. */
  readonly parentClientOrderId: ClientOrderId | null;
  readonly symbol: string;
  readonly side: Side;
  /** `asked`: risk has not answered yet. `undecided`: the answer was lost and is being looked for. */
  readonly status: OrderStatus | "asked" | "undecided" | "approved";
  /** Shares that may still fill. */
  readonly leavesQuantity: number;
}

/** All a strategy can see and do. Actions are carried out when the handler has returned; none when it throws. */
export interface StrategyContext<Parameters = unknown> {
  readonly plan: Plan<Parameters>;
  /** Market time of the event, epoch milliseconds; a bar's is the moment it ends. */
  readonly marketTimeMs: number;
  position(symbol: string): PositionView;
  /** The strategy's own working orders, of one symbol or of all, oldest first. */
  orders(symbol?: string): readonly OrderView[];
  /**
   * Asks for an order. The answer comes as `onDenied`, or as `onOrderEvent` once the order is on its way.
   *
   * @throws StrategyActionError naming the field that no order can have
   */
  submit(order: OrderRequest): SubmittedOrder;
  /** Asks to cancel a working order; `onOrderEvent` tells when it is. */
  cancel(clientOrderId: string, reason: string): void;
  signal(signal: SignalRequest): void;
  alert(alert: AlertRequest): void;
}
