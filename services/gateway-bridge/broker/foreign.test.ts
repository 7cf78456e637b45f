import { expect, it } from "vitest";
import type { BrokerOrder } from "../gateway/reports.ts";
import { applyForeignOrder, emptyBook } from "../orders/book.ts";
import { foreignNews } from "./foreign.ts";

const listed = (change: Partial<BrokerOrder> = {}): BrokerOrder => ({
  orderId: 0,
  permId: 77,
  clientId: 0,
  orderRef: "",
  symbol: "SPY",
  side: "buy",
  quantity: 100,
  status: "Submitted",
  filledQuantity: null,
  price: 99,
  text: "",
  ...change,
});

it("tells an order of somebody else once, again when it changes, and when it is over", () => {
  const book = emptyBook();
  const see = (...orders: BrokerOrder[]) => {
    const news = foreignNews(book.foreign, orders);
    for (const order of news) applyForeignOrder(book, order);
    return news.map(({ permId, leavesQuantity, status }) => `${permId} ${leavesQuantity} ${status}`);
  };
  expect(see(listed(), listed())).toEqual(["77 100 working"]);
  expect(see(listed())).toEqual([]);
  expect(see(listed({ filledQuantity: 40 }), listed({ permId: 78 }))).toEqual(["77 60 working", "78 100 working"]);
  expect(see(listed({ permId: 78 }))).toEqual(["77 0 over"]);
  expect(see()).toEqual(["78 0 over"]);
  expect(see(listed({ permId: null }))).toEqual([]);
});

it("lets an order stand as it was while its size cannot be read, and has no size to tell of one that is new", () => {
  const book = emptyBook();
  for (const order of foreignNews(book.foreign, [listed()])) applyForeignOrder(book, order);
  expect(foreignNews(book.foreign, [listed({ quantity: null }), listed({ permId: 78, quantity: null })])).toEqual([]);
});
