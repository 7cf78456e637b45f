import { expect, it } from "vitest";
import { type ClientOrderId, clientOrderIdSchema } from "#libs/contracts/mod.ts";
import { CANCEL_HEARD_MS, CANCEL_TIMEOUT_MS, Cancels } from "./cancels.ts";

const a = clientOrderIdSchema.parse("a");
const b = clientOrderIdSchema.parse("b");

function open() {
  const world = { nowMs: 0 };
  const cancels = new Cancels(() => world.nowMs);
  const open = new Set<ClientOrderId>([a, b]);
  return { world, cancels, open };
}

it("a cancel that waits, or is written and not answered, is not written again", () => {
  const { cancels } = open();
  expect([cancels.ask(a), cancels.ask(a), cancels.ask(b)]).toEqual([true, false, true]);
  cancels.written(a);
  expect(cancels.ask(a)).toBe(false);
});

it("may be asked again when the broker refused it, and when it did not answer in time", () => {
  const { world, cancels } = open();
  cancels.ask(a);
  world.nowMs = CANCEL_TIMEOUT_MS;
  expect(cancels.ask(a), "it waits for the pace").toBe(false);
  cancels.written(a);
  world.nowMs += CANCEL_TIMEOUT_MS - 1;
  expect(cancels.ask(a)).toBe(false);
  world.nowMs += 1;
  expect(cancels.ask(a)).toBe(true);
  cancels.written(a);
  cancels.refused(a);
  expect(cancels.ask(a)).toBe(true);
});

it("what a session left unanswered is due in the next, for as long as its order is not over", () => {
  const { cancels, open: orders } = open();
  cancels.ask(a);
  cancels.written(a);
  cancels.ask(b);
  expect(cancels.due(orders)).toEqual([]);
  cancels.sessionLost();
  expect(cancels.due(orders)).toEqual([a, b]);
  expect([cancels.ask(a), cancels.ask(b)]).toEqual([true, true]);
  expect(cancels.due(orders)).toEqual([]);
  cancels.refused(b);
  orders.delete(a);
  cancels.sessionLost();
  expect(cancels.due(orders)).toEqual([]);
});

it("what an earlier process accepted is due at first, and so is what the gateway did not find", () => {
  const { cancels, open: orders } = open();
  cancels.restore([a]);
  expect(cancels.due(orders)).toEqual([a]);
  expect(cancels.ask(a)).toBe(true);
  cancels.notFound(a);
  expect(cancels.due(orders), "it waits for the pace").toEqual([]);
  cancels.written(a);
  cancels.notFound(a);
  expect(cancels.due(orders)).toEqual([a]);
});

it("what was written while the gateway was without the broker is due when it is back, and what still waits is not", () => {
  const { cancels, open: orders } = open();
  cancels.ask(a);
  cancels.written(a);
  cancels.ask(b);
  cancels.mayBeLost();
  expect(cancels.due(orders)).toEqual([a]);
});

it("one that is not answered in time is asked once more, and then is ignored, told once", () => {
  const { world, cancels, open: orders } = open();
  const write = () => {
    expect(cancels.ask(a)).toBe(true);
    cancels.written(a);
  };
  write();
  world.nowMs = CANCEL_TIMEOUT_MS - 1;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [] });
  world.nowMs = CANCEL_TIMEOUT_MS;
  expect(cancels.overdue(orders)).toEqual({ again: [a], ignored: [] });
  write();
  world.nowMs += CANCEL_TIMEOUT_MS;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [a] });
  world.nowMs += CANCEL_HEARD_MS;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [] });
  // Whoever asks anew hears of it anew.
  write();
  world.nowMs += CANCEL_TIMEOUT_MS;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [a] });
});

it("one that the broker works on has its time, and is not asked again meanwhile", () => {
  const { world, cancels, open: orders } = open();
  cancels.ask(a);
  cancels.written(a);
  cancels.heard(a);
  world.nowMs = CANCEL_HEARD_MS - 1;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [] });
  world.nowMs = CANCEL_HEARD_MS;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [a] });
});

it("one whose order is over, that waits for the pace, or that a session took along is not overdue", () => {
  const { world, cancels, open: orders } = open();
  for (const id of [a, b]) cancels.ask(id);
  cancels.written(a);
  orders.delete(a);
  world.nowMs = CANCEL_TIMEOUT_MS;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [] });
  cancels.written(b);
  cancels.mayBeLost();
  world.nowMs += CANCEL_TIMEOUT_MS;
  expect(cancels.overdue(orders)).toEqual({ again: [], ignored: [] });
  cancels.ask(b);
  cancels.written(b);
  world.nowMs += CANCEL_TIMEOUT_MS;
  expect(cancels.overdue(orders), "it counts anew in the new session").toEqual({ again: [b], ignored: [] });
});
