import { type ClientOrderId, type CloseOut, clientOrderIdSchema, type OrderIntent } from "#libs/contracts/mod.ts";

/** The name that risk's own orders carry where others carry their strategy's. */
export const RISK = "risk";

/** An id holds no space, dot or slash; each has its own stand-in, so that two symbols never share an id. */
const STAND_INS: Readonly<Record<string, string>> = { " ": "_s", ".": "_d", "/": "_h" };

/** The same for the same close-out, symbol and attempt: asked twice it is one order (law 2). */
export function closingOrderId({ id }: CloseOut, symbol: string, attempt: number): ClientOrderId {
  const token = symbol.replace(/[ ./]/g, (character) => STAND_INS[character] ?? "_");
  return clientOrderIdSchema.parse(`${id}-${token}-${attempt}`);
}

export const isClosingOrder = ({ id }: CloseOut, clientOrderId: string): boolean => clientOrderId.startsWith(`${id}-`);

/** What is tried again when a symbol is closed: no order has an id with a space in it. */
export const closingKey = ({ id }: CloseOut, symbol: string): string => `${id} ${symbol}`;

/**
 * A market order over the whole shares held: what is to be closed is to be closed now.
 *
 * @param held shares; negative is short
 */
export function closingOrder(closeOut: CloseOut, symbol: string, held: number, attempt: number): OrderIntent {
  return {
    clientOrderId: closingOrderId(closeOut, symbol, attempt),
    strategy: RISK,
    symbol,
    side: held > 0 ? "sell" : "buy",
    quantity: Math.floor(Math.abs(held)),
    order: { type: "market" },
    timeInForce: "day",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: null,
    reason: `close-out set by ${closeOut.setBy}: ${closeOut.reason}`.slice(0, 500),
  };
}
