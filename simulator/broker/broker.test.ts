import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { close, Desk, noon, open, quote } from "../testing/desk.ts";

describe("a market order", () => {
  it("takes the ask, and is reported in the order recorded from TWS", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, {});
    expect(desk.fills()).toEqual([{ quantity: 100, price: 100.01 }]);
    expect(desk.effects.map((effect) => effect.kind)).toEqual([
      "open-order",
      "order-status",
      "execution",
      "open-order",
      "order-status",
      "open-order",
      "commission",
      "position",
    ]);
  });

  it("gets no more than the displayed size, the rest from the next quote", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01, { askSize: 60 }));
    desk.place(1, {});
    expect(desk.fills()).toEqual([{ quantity: 60, price: 100.01 }]);
    expect(desk.phase(1)).toBe("working");
    desk.quote(quote(100.0, 100.02));
    expect(desk.fills()).toEqual([{ quantity: 40, price: 100.02 }]);
    expect(desk.phase(1)).toBe("filled");
  });

  it("does not get shares another order took from the same quote", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01, { askSize: 100 }));
    desk.place(1, {});
    desk.place(2, {});
    expect(desk.fills()).toEqual([]);
    expect(desk.phase(2)).toBe("working");
  });

  it("waits for the open with warning 399 when it comes before it", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01), open - 60);
    desk.place(1, {}, open - 60);
    expect(desk.codes()).toEqual([399]);
    desk.quote(quote(100.0, 100.02), open);
    expect(desk.fills()).toEqual([{ quantity: 100, price: 100.02 }]);
  });
});

describe("a limit order", () => {
  it("is filled at the ask when it is marketable on arrival", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 100.05 });
    expect(desk.fills()).toEqual([{ quantity: 100, price: 100.01 }]);
  });

  it("rests, and is filled at its own price when the market comes to it", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 99.95 });
    expect(desk.fills()).toEqual([]);
    desk.quote(quote(99.9, 99.93));
    expect(desk.fills()).toEqual([{ quantity: 100, price: 99.95 }]);
  });

  it("with IOC gives back what it does not get", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01, { askSize: 30 }));
    desk.place(1, { orderType: "LMT", limitPrice: 100.01, timeInForce: "IOC" });
    expect(desk.fills()).toEqual([{ quantity: 30, price: 100.01 }]);
    expect(desk.phase(1)).toBe("cancelled");
  });

  it("for the day ends at the close; good till cancelled it waits for tomorrow", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 90 });
    desk.place(2, { orderType: "LMT", limitPrice: 90, timeInForce: "GTC" });
    desk.effects = desk.broker.advanceTo(close);
    expect(desk.codes()).toEqual([202]);
    expect([desk.phase(1), desk.phase(2)]).toEqual(["cancelled", "waiting-open"]);
  });

  it("allowed outside regular hours is matched before the open", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01), open - 60);
    desk.place(1, { orderType: "LMT", limitPrice: 100.01, outsideRth: true }, open - 60);
    expect(desk.fills()).toHaveLength(1);
  });
});

describe("a stop order", () => {
  it("is elected by the last trade and then takes the market", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { action: "SELL", orderType: "STP", auxPrice: 99.5 });
    expect(desk.phase(1)).toBe("waiting-trigger");
    desk.quote(quote(99.4, 99.42, { last: 99.6 }));
    expect(desk.fills()).toEqual([]);
    desk.quote(quote(99.4, 99.42, { last: 99.5 }));
    expect(desk.fills()).toEqual([{ quantity: 100, price: 99.4 }]);
  });

  it("with a limit does not sell below it, and stays elected", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { action: "SELL", orderType: "STP LMT", auxPrice: 99.5, limitPrice: 99.45 });
    desk.quote(quote(99.3, 99.32, { last: 99.31 }));
    expect(desk.phase(1)).toBe("working");
    desk.quote(quote(99.46, 99.48, { last: 99.6 }));
    expect(desk.fills()).toEqual([{ quantity: 100, price: 99.45 }]);
  });
});

describe("a bracket", () => {
  const bracket = (desk: Desk) => {
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 99.9, transmit: false });
    desk.place(2, { action: "SELL", orderType: "LMT", limitPrice: 101, parentId: 1, transmit: false });
    expect(desk.effects).toEqual([]);
    desk.place(3, { action: "SELL", orderType: "STP", auxPrice: 99, parentId: 1 });
  };

  it("goes out whole with its last order, children waiting for the parent", () => {
    const desk = new Desk();
    bracket(desk);
    expect([1, 2, 3].map((id) => desk.phase(id))).toEqual(["working", "waiting-parent", "waiting-parent"]);
  });

  it("activates the children with the parent's fill, and cancels the stop with the target's", () => {
    const desk = new Desk();
    bracket(desk);
    desk.quote(quote(99.88, 99.9));
    expect([1, 2, 3].map((id) => desk.phase(id))).toEqual(["filled", "working", "waiting-trigger"]);
    desk.quote(quote(101, 101.02, { last: 101 }));
    expect([2, 3].map((id) => desk.phase(id))).toEqual(["filled", "cancelled"]);
    expect(desk.broker.positions[0]?.quantity).toBe(0);
  });

  it("takes a partial fill of the target away from the stop", () => {
    const desk = new Desk();
    bracket(desk);
    desk.quote(quote(99.88, 99.9));
    desk.quote(quote(101, 101.02, { bidSize: 40 }));
    const stop = desk.broker.liveOrders.find((order) => order.orderId === 3);
    expect(stop?.terms.totalQuantity).toBe(60);
  });

  it("is cancelled whole with its parent", () => {
    const desk = new Desk();
    bracket(desk);
    desk.cancel(1);
    expect([1, 2, 3].map((id) => desk.phase(id))).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(desk.codes()).toEqual([202, 202, 202]);
  });

  it("keeps its children for what the parent got before it was cancelled", () => {
    const desk = new Desk();
    bracket(desk);
    desk.quote(quote(99.88, 99.9, { askSize: 30 }));
    desk.cancel(1);
    expect(desk.broker.liveOrders.map((order) => [order.orderId, order.terms.totalQuantity])).toEqual([
      [2, 30],
      [3, 30],
    ]);
  });

  it("is forgotten by a restart while it is not transmitted", () => {
    const desk = new Desk();
    desk.place(1, { transmit: false });
    desk.broker.forgetUntransmitted();
    desk.cancel(1);
    expect(desk.codes()).toEqual([10147]);
  });
});

describe("an order id", () => {
  it("of a live order modifies it, silently", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 90 });
    const permId = desk.broker.liveOrders[0]?.permId;
    desk.place(1, { orderType: "LMT", limitPrice: 91, totalQuantity: 50 });
    expect(desk.codes()).toEqual([]);
    expect(desk.broker.liveOrders).toHaveLength(1);
    expect(desk.broker.liveOrders[0]).toMatchObject({ permId, terms: { limitPrice: 91, totalQuantity: 50 } });
  });

  it("cannot change the type (329), the side or the group (105) of a live order, which stays as it was", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 90 });
    desk.place(1, { orderType: "STP", auxPrice: 110 });
    expect(desk.codes()).toEqual([329]);
    desk.place(1, { action: "SELL", orderType: "LMT", limitPrice: 110 });
    expect(desk.codes()).toEqual([105]);
    desk.place(1, { orderType: "LMT", limitPrice: 91, ocaGroup: "late" });
    expect(desk.codes()).toEqual([105]);
    expect(desk.broker.liveOrders).toMatchObject([{ terms: { orderType: "LMT", limitPrice: 90 } }]);
  });

  it("cannot take more than the buying power, or less than is filled, by modification", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01, { askSize: 60 }));
    desk.place(1, { orderType: "LMT", limitPrice: 100.01 });
    desk.place(1, { orderType: "LMT", limitPrice: 100.01, totalQuantity: 1_000_000 });
    expect(desk.codes()).toEqual([201]);
    desk.place(1, { orderType: "LMT", limitPrice: 100.01, totalQuantity: 50 });
    expect(desk.codes()).toEqual([104]);
    expect(desk.phase(1)).toBe("working");
  });

  it("cannot be used again before its acknowledgement has left (2102)", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 90 });
    const acknowledge = desk.broker.holdAcknowledgement(1, 1);
    desk.place(1, { orderType: "LMT", limitPrice: 91 });
    expect(desk.codes()).toEqual([2102]);
    acknowledge();
    desk.place(1, { orderType: "LMT", limitPrice: 91 });
    expect(desk.broker.liveOrders).toMatchObject([{ terms: { limitPrice: 91 } }]);
  });

  it("is its client's own: another client's cancel does not find it", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, { orderType: "LMT", limitPrice: 90 });
    expect(desk.broker.cancel(2, 1, noon)).toMatchObject([
      { clientId: 2, code: 10147, text: "OrderId 1 that needs to be cancelled is not found." },
    ]);
    expect(desk.phase(1)).toBe("working");
  });

  it("used before is refused: 104 when that order was filled, else 103", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(5, {});
    desk.place(5, {});
    expect(desk.codes()).toEqual([104]);
    desk.place(4, {});
    expect(desk.codes()).toEqual([103]);
  });

  it("is free again after a roll-back", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(5, {});
    desk.broker.rollBackOrderIds(3);
    expect(desk.broker.nextOrderId(1)).toBe(3);
    desk.place(5, {});
    expect(desk.fills()).toHaveLength(1);
    expect(new Set(desk.broker.completedOrders.map((order) => order.permId)).size).toBe(2);
  });

  it("that is not known cannot be cancelled (10147), nor one that is done (10148)", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.cancel(9);
    expect(desk.codes()).toEqual([10147]);
    desk.place(1, {});
    desk.cancel(1);
    expect(desk.effects).toMatchObject([
      { code: 10148, text: "OrderId 1 that needs to be cancelled cannot be cancelled, state: Filled." },
    ]);
  });
});

describe("an order is refused", () => {
  it.each([
    ["without buying power", { totalQuantity: 1_000_000 }, 201],
    ["with no size", { totalQuantity: 0 }, 434],
    ["with a fraction of a share", { totalQuantity: 1.5 }, 10243],
    ["with an unknown type", { orderType: "PEG MID" }, 387],
    ["off the tick", { orderType: "LMT", limitPrice: 100.001 }, 110],
    ["without its limit price", { orderType: "LMT" }, 321],
    ["for another account", { account: "U7" }, 321],
    ["with an unknown parent", { parentId: 77 }, 135],
  ])("%s", (_what, change, code) => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01));
    desk.place(1, change);
    expect(desk.codes()).toEqual([code]);
    expect(desk.broker.liveOrders).toEqual([]);
    expect(desk.broker.executions).toEqual([]);
  });

  it("never for lack of buying power when it only reduces a position", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01, { askSize: 50_000 }));
    desk.place(1, { totalQuantity: 39_000 });
    desk.quote(quote(99.99, 100.01, { bidSize: 50_000 }));
    desk.place(2, { action: "SELL", totalQuantity: 39_000 });
    expect(desk.fills()).toHaveLength(1);
  });
});

describe("a what-if order", () => {
  it("answers with margins and commission, and leaves nothing behind", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100));
    desk.place(1, { whatIf: true });
    expect(desk.effects).toHaveLength(1);
    expect(desk.effects[0]).toMatchObject({ kind: "open-order", margins: { initialAfter: 2500, commission: 1 } });
    expect(desk.broker.liveOrders).toEqual([]);
    expect(desk.broker.nextOrderId(1)).toBe(1);
  });

  it("says what would stand against the order", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100));
    desk.place(1, { whatIf: true, totalQuantity: 1_000_000 });
    expect(desk.effects).toMatchObject([{ margins: { warning: expect.stringContaining("AVAILABLE FUNDS") } }]);
    expect(desk.broker.liveOrders).toEqual([]);
  });
});

describe("commission", () => {
  it("has its minimum once an order, however many executions it takes", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100.01, { askSize: 40 }));
    desk.place(1, {});
    desk.quote(quote(99.99, 100.01));
    expect(desk.broker.executions.map((execution) => execution.commission)).toEqual([1, 0]);
  });
});

describe("a correction", () => {
  it("replaces what it corrects in position and cash", () => {
    const desk = new Desk();
    desk.quote(quote(99.99, 100));
    desk.place(1, {});
    const execId = desk.broker.executions[0]?.execId ?? "";
    desk.broker.correct(execId, { price: 99, shares: 90 });
    expect(desk.broker.executions.map((execution) => execution.execId)).toEqual([execId, execId.replace(/01$/, "02")]);
    expect(desk.broker.positions[0]?.quantity).toBe(90);
    expect(desk.broker.figures().totalCash).toBeCloseTo(1_000_000 - 90 * 99 - 1, 6);
  });
});

describe("whatever is traded", () => {
  it("positions are the executions' sum, cash and equity balance, perm ids and exec ids are unique", () => {
    const action = fc.record({
      action: fc.constantFrom("BUY", "SELL"),
      totalQuantity: fc.integer({ min: 1, max: 300 }),
      orderType: fc.constantFrom("MKT", "LMT", "STP"),
      cents: fc.integer({ min: 9_900, max: 10_100 }),
      move: fc.integer({ min: -50, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const desk = new Desk();
        let middle = 10_000;
        actions.forEach(({ cents, move, ...order }, index) => {
          middle += move;
          desk.quote(quote((middle - 1) / 100, (middle + 1) / 100, { bidSize: 200, askSize: 200 }));
          desk.place(index + 1, { ...order, limitPrice: cents / 100, auxPrice: cents / 100 });
        });
        const { executions } = desk.broker;
        const sum = executions.reduce((total, { side, shares }) => total + (side === "BOT" ? shares : -shares), 0);
        expect(desk.broker.positions[0]?.quantity ?? 0).toBe(sum);
        const { netLiquidation, realizedProfit, unrealizedProfit } = desk.broker.figures();
        expect(netLiquidation).toBeCloseTo(1_000_000 + realizedProfit + unrealizedProfit, 4);
        expect(new Set(executions.map((execution) => execution.execId)).size).toBe(executions.length);
        const orders = [...desk.broker.liveOrders, ...desk.broker.completedOrders];
        expect(new Set(orders.map((order) => order.permId)).size).toBe(orders.length);
        for (const order of orders) expect(order.filled).toBeLessThanOrEqual(order.terms.totalQuantity);
      }),
    );
  });
});
