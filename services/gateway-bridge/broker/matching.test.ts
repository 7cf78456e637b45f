import { expect, it } from "vitest";
import { clientOrderIdSchema } from "#libs/contracts/mod.ts";
import { emptyBook, type OpenOrder } from "../orders/book.ts";
import { openOrderOf } from "./matching.ts";

const OWN = 1;

function bookWith(...orders: readonly { name: string; orderId: number; permId: number | null }[]) {
  const book = emptyBook();
  for (const { name, orderId, permId } of orders) {
    const clientOrderId = clientOrderIdSchema.parse(name);
    const order: Partial<OpenOrder> = { clientOrderId, orderId, permId, status: "accepted" };
    book.open.set(clientOrderId, order as OpenOrder);
  }
  return book;
}

/** A status carries no reference. */
const status = (orderId: number, permId: number | null, clientId: number | null = OWN) => ({
  orderId,
  permId,
  clientId,
});

it("is told by our own client id and order id, while the order's permId is not known: two may be told under one", () => {
  const book = bookWith({ name: "a", orderId: 1, permId: 777 }, { name: "b", orderId: 2, permId: null });
  expect(openOrderOf(book, status(2, 777), OWN)).toBe("b");
  const both = bookWith({ name: "a", orderId: 1, permId: 777 }, { name: "b", orderId: 2, permId: 777 });
  expect(openOrderOf(both, status(2, 777), OWN)).toBe("b");
  expect(openOrderOf(both, status(1, 777), OWN)).toBe("a");
});

it("is told by its permId where the order id is another client's, is none, or is that of an order with another permId", () => {
  const book = bookWith({ name: "a", orderId: 1, permId: 777 }, { name: "b", orderId: 2, permId: null });
  expect(openOrderOf(book, status(2, 777, 5), OWN)).toBe("a");
  expect(openOrderOf(book, status(0, 777), OWN)).toBe("a");
  const known = bookWith({ name: "a", orderId: 1, permId: 777 }, { name: "b", orderId: 2, permId: 778 });
  expect(openOrderOf(known, status(2, 777), OWN)).toBe("a");
  expect(openOrderOf(known, status(2, 900), OWN)).toBeUndefined();
});

it("is nobody's when the order id is another client's", () => {
  const book = bookWith({ name: "a", orderId: 1, permId: null });
  expect(openOrderOf(book, status(1, 900, 5), OWN)).toBeUndefined();
  expect(openOrderOf(book, status(1, null, 5), OWN)).toBeUndefined();
  expect(openOrderOf(book, status(1, 900, OWN), OWN)).toBe("a");
});
