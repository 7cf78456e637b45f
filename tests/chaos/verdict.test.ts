import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, type Execution, type OrderEvent } from "#libs/contracts/mod.ts";
import { type Approved, type BrokerSide, type Evidence, violationsOf } from "./verdict.ts";

const id = clientOrderIdSchema.parse("c1-1");

const event = (change: Partial<OrderEvent> = {}): OrderEvent => ({
  clientOrderId: id,
  parentClientOrderId: null,
  symbol: "SPY",
  side: "buy",
  status: "filled",
  orderId: 7,
  permId: 70,
  filledQuantity: 10,
  leavesQuantity: 0,
  averagePrice: 100,
  reason: null,
  ...change,
});

const execution = (change: Partial<Execution> = {}): Execution => ({
  kind: "execution",
  executionId: "e.01",
  corrects: null,
  clientOrderId: id,
  permId: 70,
  account: "DU1",
  symbol: "SPY",
  side: "buy",
  quantity: 10,
  price: 100,
  executedAt: 0,
  ...change,
});

const atBroker: BrokerSide = {
  orderRef: id,
  symbol: "SPY",
  side: "buy",
  quantity: 10,
  state: "filled",
  filled: 10,
};
const approval: Approved = { entry: id, symbol: "SPY", side: "buy", quantity: 10, group: null, expiresAt: 2000 };

const agreed: Evidence = {
  approved: new Map([[id, approval]]),
  events: new Map([[id, event()]]),
  executions: [execution()],
  positions: new Map([["SPY", { account: "DU1", symbol: "SPY", quantity: 10, averageCost: 100, explained: true }]]),
  placed: [{ orderRef: id, orderId: 7, atMs: 1000 }],
  forgotten: 0,
  alerts: ["ORDERS_UNKNOWN"],
  refusedIds: new Set(),
  atBroker: [atBroker],
  brokerExecutions: [{ execId: "e.01", clientOrderId: id, shares: 10, price: 100 }],
  brokerPositions: new Map([["SPY", 10]]),
  foreignAtBroker: new Map([[71, true]]),
  foreignTold: new Map([[71, true]]),
};

describe("the verdict of a chaos run", () => {
  it("finds nothing where both sides agree", () => {
    expect(violationsOf(agreed)).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, RegExp]>([
    [
      "an order sent twice",
      { placed: [...agreed.placed, { orderRef: id, orderId: 8, atMs: 1000 }] },
      /reached the gateway twice/,
    ],
    [
      "an order id used twice",
      { placed: [...agreed.placed, { orderRef: "x", orderId: 7, atMs: 1000 }] },
      /id 7 was given out/,
    ],
    ["two orders at the broker", { atBroker: [atBroker, atBroker] }, /two orders at the broker/],
    [
      "an order sent after its approval expired",
      { placed: [{ orderRef: id, orderId: 7, atMs: 3001 }] },
      /1001 ms too late/,
    ],
    [
      "an order that was sent, and expired on the ledger",
      { events: new Map([[id, event({ status: "expired", permId: null, filledQuantity: 0 })]]), atBroker: [] },
      /sent, and expired on the ledger/,
    ],
    ["an order in other terms", { atBroker: [{ ...atBroker, side: "sell" }] }, /buy 10 SPY, at the broker sell 10 SPY/],
    ["an order of another size", { atBroker: [{ ...atBroker, quantity: 11 }] }, /at the broker buy 11 SPY/],
    ["frames that were forgotten", { forgotten: 2 }, /2 order frames were forgotten/],
    [
      "an acknowledged order that was canceled here and is unknown there",
      { events: new Map([[id, event({ status: "canceled", filledQuantity: 0 })]]), atBroker: [] },
      /canceled on the ledger, unknown to the broker/,
    ],
    ["an order that came back", { alerts: ["ORDER_CAME_BACK"] }, /ORDER_CAME_BACK was/],
    [
      "an order of ours told as another client's",
      {
        foreignTold: new Map([
          [71, true],
          [70, true],
        ]),
      },
      /70 .* is ours/,
    ],
    ["another client's order that nobody told", { foreignTold: new Map() }, /order 71 of another client works/],
    ["another client's order that is over", { foreignAtBroker: new Map([[71, false]]) }, /order 71 .* is over/],
    [
      "an execution of ours taken for another client's",
      { executions: [execution({ clientOrderId: null })] },
      /of null on the ledger/,
    ],
    ["an event that says another quantity", { events: new Map([[id, event({ filledQuantity: 9 })]]) }, /says 9 filled/],
    ["an order without approval", { approved: new Map() }, /sent and never approved/],
    ["an approval nobody answered", { events: new Map() }, /nothing became of it/],
    ["an order lost by the broker", { atBroker: [] }, /unknown to the broker/],
    [
      "an order the ledger gave up and the broker holds",
      { events: new Map([[id, event({ status: "not-sent" })]]) },
      /not-sent on the ledger, filled at the broker/,
    ],
    ["another quantity", { atBroker: [{ ...atBroker, filled: 9 }] }, /10 filled on the ledger, 9 at the broker/],
    ["a lost execution", { executions: [] }, /execution e.01 of c1-1: lost/],
    ["an execution counted twice", { executions: [execution(), execution()] }, /e.01 is counted twice/],
    ["an execution of nobody", { brokerExecutions: [] }, /unknown to the broker/],
    ["an execution at another price", { executions: [execution({ price: 99 })] }, /10 at 99 of c1-1 on the ledger/],
    ["another position", { brokerPositions: new Map([["SPY", 11]]) }, /executions add up to 10, published 10/],
    ["a position nobody published", { positions: new Map() }, /published 0, at the broker 10/],
  ])("names %s", (_, change, line) => {
    expect(violationsOf({ ...agreed, ...change }).join("\n")).toMatch(line);
  });

  it("lets the protective orders of an entry that was never sent go without a word, and no others", () => {
    const withBracket = {
      approved: new Map([...agreed.approved, ["c1-1-stop", { ...approval, side: "sell" } as const]]),
    };
    expect(violationsOf({ ...agreed, ...withBracket })).toEqual(["c1-1-stop: approved, and nothing became of it"]);
    const neverSent = {
      ...withBracket,
      events: new Map([[id, event({ status: "expired", permId: null, filledQuantity: 0 })]]),
      executions: [],
      positions: new Map(),
      placed: [],
      atBroker: [],
      brokerExecutions: [],
      brokerPositions: new Map(),
    } satisfies Partial<Evidence>;
    expect(violationsOf({ ...agreed, ...neverSent })).toEqual([]);
  });

  it("lets an order be rejected without a trace at the broker when the gateway said so, and not otherwise", () => {
    const rejected = {
      events: new Map([[id, event({ status: "rejected", permId: null, filledQuantity: 0 })]]),
      executions: [],
      positions: new Map(),
      atBroker: [],
      brokerExecutions: [],
      brokerPositions: new Map(),
    } satisfies Partial<Evidence>;
    expect(violationsOf({ ...agreed, ...rejected })).toEqual(["c1-1: rejected on the ledger, unknown to the broker"]);
    expect(violationsOf({ ...agreed, ...rejected, refusedIds: new Set([7]) })).toEqual([]);
  });

  it("lets a gateway forget an entry of which the protective orders were lost on the way", () => {
    const lost = {
      events: new Map([[id, event({ status: "canceled", filledQuantity: 0 })]]),
      executions: [],
      positions: new Map(),
      atBroker: [],
      brokerExecutions: [],
      brokerPositions: new Map(),
    } satisfies Partial<Evidence>;
    expect(violationsOf({ ...agreed, ...lost })).toEqual(["c1-1: canceled on the ledger, unknown to the broker"]);
    const approved = new Map([...agreed.approved, ["c1-1-stop", { ...approval, side: "sell" } as const]]);
    expect(violationsOf({ ...agreed, ...lost, approved })).toEqual(["c1-1-stop: approved, and nothing became of it"]);
  });

  it("lets one order of a group trade, and no second", () => {
    const grouped = new Map([
      [id, { ...approval, group: "operator:g" }],
      ["c1-2", { ...approval, entry: "c1-2", group: "operator:g" }],
    ]);
    const second = { ...atBroker, orderRef: "c1-2" };
    const of = (filled: number) =>
      violationsOf({ ...agreed, approved: grouped, atBroker: [atBroker, { ...second, filled }] });
    expect(of(0).join("\n")).not.toMatch(/one group/);
    expect(of(1).join("\n")).toMatch(/c1-2 and c1-1 of one group both traded/);
  });

  it("wants the last event of an order to follow a correction", () => {
    const correction = execution({ executionId: "e.02", corrects: "e.01", quantity: 8 });
    const corrected = {
      atBroker: [{ ...atBroker, filled: 8 }],
      executions: [execution(), correction],
      positions: new Map([["SPY", { account: "DU1", symbol: "SPY", quantity: 8, averageCost: 100, explained: true }]]),
      brokerExecutions: [{ execId: "e.02", clientOrderId: id, shares: 8, price: 100 }],
      brokerPositions: new Map([["SPY", 8]]),
    } satisfies Partial<Evidence>;
    const followed = { ...corrected, events: new Map([[id, event({ filledQuantity: 8 })]]) };
    expect(violationsOf({ ...agreed, ...followed })).toEqual([]);
    expect(violationsOf({ ...agreed, ...corrected }).join("\n")).toMatch(/says 10 filled, its executions say 8/);
  });

  it("counts a corrected execution once, at its correction", () => {
    const correction = execution({ executionId: "e.02", corrects: "e.01", quantity: 8 });
    expect(
      violationsOf({
        ...agreed,
        events: new Map([[id, event({ filledQuantity: 8 })]]),
        atBroker: [{ ...atBroker, filled: 8 }],
        executions: [execution(), correction],
        positions: new Map([
          ["SPY", { account: "DU1", symbol: "SPY", quantity: 8, averageCost: 100, explained: true }],
        ]),
        brokerExecutions: [{ execId: "e.02", clientOrderId: id, shares: 8, price: 100 }],
        brokerPositions: new Map([["SPY", 8]]),
      }),
    ).toEqual([]);
  });
});
