import { expect, it } from "vitest";
import { clientOrderIdSchema } from "#libs/contracts/mod.ts";
import { emptyBook, type OpenOrder } from "../orders/book.ts";
import { ANSWER_MS, missingFrom, Written } from "./written.ts";

const id = (name: string) => clientOrderIdSchema.parse(name);

function bookOf(orders: Readonly<Record<string, Partial<OpenOrder>>>) {
  const book = emptyBook();
  for (const [name, order] of Object.entries(orders)) {
    book.open.set(id(name), { clientOrderId: id(name), permId: null, orderId: null, ...order } as OpenOrder);
  }
  return book;
}

it("says once that a written order is not answered, when the broker had its seconds", () => {
  let now = 0;
  const written = new Written(() => now);
  const book = bookOf({
    slow: { status: "submitted" },
    quick: { status: "accepted" },
    unsent: { status: "submitted" },
  });
  written.add(id("slow"));
  written.add(id("quick"));
  now = ANSWER_MS - 1;
  expect(written.isOverdue(book.open)).toBe(false);
  now = ANSWER_MS;
  expect(written.isOverdue(book.open)).toBe(true);
  now += 1000;
  expect(written.isOverdue(book.open), "it was looked for").toBe(false);
  now += ANSWER_MS;
  expect(written.isOverdue(book.open), "and is still not known").toBe(true);
});

it("forgets what is over, and everything with the session", () => {
  const written = new Written(() => 0);
  for (let at = 0; at < 1001; at += 1) written.add(id(`order-${at}`));
  const { open } = bookOf({ "order-7": { status: "submitted" } });
  written.forgetOver(open);
  expect([written.has(id("order-7")), written.has(id("order-8"))]).toEqual([true, false]);
  written.clear();
  expect(written.has(id("order-7"))).toBe(false);
});

it("finds the orders of ours that a list of all open ones does not name", () => {
  const book = bookOf({
    here: { status: "accepted", permId: 1, orderId: 1 },
    gone: { status: "accepted", permId: 2, orderId: 2 },
    later: { status: "accepted", permId: 3, orderId: 3 },
    waits: { status: "unknown", permId: null, orderId: 4 },
  });
  const listed = { orderRef: "here", permId: 1, clientId: 1, orderId: 1 };
  const considered = new Set([id("here"), id("gone"), id("over"), id("waits")]);
  expect(missingFrom(book, [listed], { ownClientId: 1, considered })).toEqual(["gone"]);
  expect(missingFrom(book, [], { ownClientId: 1, considered })).toEqual(["here", "gone"]);
});
