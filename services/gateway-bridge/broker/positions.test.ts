import { expect, it } from "vitest";
import { emptyBook } from "../orders/book.ts";
import { PositionBook } from "./positions.ts";

const position = (quantity: number) => ({ account: "DU1", symbol: "SPY", quantity, averageCost: 100 });

it("tells an unexplained position once, and again when it comes back after it was explained", () => {
  const book = emptyBook();
  const positions = new PositionBook();
  const told = (nowMs: number) => positions.newlyUnexplained(book, nowMs).map(({ quantity }) => quantity);
  positions.take(position(10));
  // An execution may still be on its way.
  expect(told(0)).toEqual([]);
  expect(told(2000)).toEqual([10]);
  expect(told(3000)).toEqual([]);
  // Another quantity is other news.
  positions.take(position(20));
  expect(told(4000)).toEqual([20]);
  // A list that is read anew does not make it news.
  positions.clear();
  expect(told(4500)).toEqual([]);
  positions.take(position(20));
  expect(told(5000)).toEqual([]);
  positions.take(position(0));
  expect(told(6000)).toEqual([]);
  positions.take(position(20));
  expect(told(7000)).toEqual([]);
  expect(told(9000)).toEqual([20]);
});
