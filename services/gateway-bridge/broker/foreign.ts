import type { ForeignOrder } from "#libs/contracts/mod.ts";
import type { BrokerOrder } from "../gateway/reports.ts";

/**
 * What is news about the orders of others: those that work at the broker in other terms than we last said, and those
 * we said work and that are not listed any more. An order without the broker's own id has no name to be told under; one
 * whose size cannot be read stands as it was.
 */
export function foreignNews(
  known: ReadonlyMap<number, ForeignOrder>,
  listed: readonly BrokerOrder[],
): readonly ForeignOrder[] {
  const named = listed.flatMap((order) => (order.permId === null ? [] : [{ ...order, permId: order.permId }]));
  const now = new Map(
    named.flatMap((order) => {
      const foreign =
        order.quantity === null ? known.get(order.permId) : asForeign({ ...order, quantity: order.quantity });
      return foreign === undefined ? [] : [[order.permId, foreign]];
    }),
  );
  const changed = [...now.values()].filter((order) => !isSame(known.get(order.permId), order));
  const over = [...known.values()].filter(({ permId }) => !now.has(permId));
  return [...changed, ...over.map((order): ForeignOrder => ({ ...order, leavesQuantity: 0, status: "over" }))];
}

function asForeign(order: BrokerOrder & { readonly permId: number; readonly quantity: number }): ForeignOrder {
  const { permId, clientId, orderRef, symbol, side, quantity, filledQuantity, price } = order;
  return {
    permId,
    clientId,
    orderRef,
    symbol,
    side,
    leavesQuantity: Math.max(0, quantity - (filledQuantity ?? 0)),
    price,
    status: "working",
  };
}

const isSame = (one: ForeignOrder | undefined, other: ForeignOrder): boolean =>
  one !== undefined && JSON.stringify(one) === JSON.stringify(other);
