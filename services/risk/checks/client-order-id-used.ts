import { type Check, verdict } from "./check.ts";

export const clientOrderIdUsed: Check = {
  code: "CLIENT_ORDER_ID_USED",
  settings: [],
  meaning:
    "An order id is taken: by another order, or by an order of the bracket. One id is one order, for ever (law 2).",
  exitsExempt: false,
  judge: ({ intent, view: { book, reserved } }) => {
    const { bracket, clientOrderId } = intent;
    const ids = bracket
      ? [clientOrderId, bracket.stopLoss.clientOrderId, bracket.takeProfit.clientOrderId]
      : [clientOrderId];
    const taken = ids.find((id) => book.decisions.has(id) || reserved.has(id));
    return verdict(taken !== undefined, { clientOrderId: taken ?? clientOrderId });
  },
};
