import type { Alert, ClientOrderId } from "#libs/contracts/mod.ts";

export const heldBack = (symbol: string, clientOrderId: ClientOrderId): Alert => ({
  severity: "warning",
  code: "DRY_RUN_HELD_BACK",
  title: `Dry-run fills no entry in ${symbol}: its prices are delayed`,
  text: `The order ${clientOrderId} gets nothing, nor does any other that would open or add to a position, until live prices come: nobody could have bought at a price of 15 minutes ago. Orders that reduce a position are filled at the delayed price, and marked so. A live subscription for the symbol ends this.`,
  fields: [],
});
