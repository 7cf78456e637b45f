import { expect, it } from "vitest";
import type { Bus } from "#libs/bus/mod.ts";
import { fillSchema, type Position } from "#libs/contracts/mod.ts";
import { applyFill, emptyBook } from "../orders/book.ts";
import { AccountPublisher } from "./publisher.ts";

/** One symbol of which the broker holds what our executions do not come to by `difference` shares. */
function open(held: number) {
  const book = emptyBook();
  const told: Position[] = [];
  let serial = 0;
  const publisher = new AccountPublisher({
    bus: {
      record: async (_message: unknown, _names: unknown, position: Position) => void told.push(position),
    } as unknown as Bus,
    book,
    nowMs: () => 0,
    summary: () => null,
    positions: () => {
      const difference = held - (book.holdings.get("SPY")?.quantity ?? 0);
      return [{ account: "DU1", symbol: "SPY", quantity: held, averageCost: 100, explained: true, difference }];
    },
    onRefused: () => undefined,
  });
  const execution = (side: "buy" | "sell", quantity: number) => {
    serial += 1;
    const ids = { executionId: `e${serial}`, corrects: null, clientOrderId: null, permId: null, account: "DU1" };
    const what = { symbol: "SPY", side, quantity, price: 100, executedAt: 0 };
    applyFill(book, fillSchema.parse({ kind: "execution", ...ids, ...what }));
  };
  return { publisher, told, execution };
}

it("tells a position once while nothing changes", () => {
  const { publisher, told } = open(5);
  publisher.publish();
  publisher.publish();
  expect(told).toMatchObject([{ quantity: 5, difference: 5 }]);
});

it("tells it anew after executions that come to nothing: on their way they passed the word, which was then no longer kept", () => {
  const { publisher, told, execution } = open(5);
  publisher.publish();
  execution("buy", 5);
  execution("sell", 5);
  publisher.publish();
  publisher.publish();
  expect(told).toMatchObject([
    { quantity: 5, difference: 5 },
    { quantity: 5, difference: 5 },
  ]);
});
