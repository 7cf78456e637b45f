import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, type Execution, type Fill, type OrderEvent } from "#libs/contracts/mod.ts";
import { type DryRunEvidence, dryRunViolationsOf } from "./dry-run-verdict.ts";
import type { Approved } from "./verdict.ts";

const id = clientOrderIdSchema.parse("c1-1");
const stop = clientOrderIdSchema.parse("c1-1-stop");

const event = (change: Partial<OrderEvent> = {}): OrderEvent => ({
  clientOrderId: id,
  parentClientOrderId: null,
  symbol: "SPY",
  side: "buy",
  status: "filled",
  orderId: null,
  permId: null,
  filledQuantity: 10,
  leavesQuantity: 0,
  averagePrice: 100,
  reason: null,
  ...change,
});
const at = (atMs: number, change: Partial<OrderEvent> = {}) => ({ atMs, event: event(change) });
const submitted = at(1000, { status: "submitted", filledQuantity: 0, leavesQuantity: 10 });

const execution = (change: Partial<Execution> = {}): Execution => ({
  kind: "execution",
  executionId: "e1",
  corrects: null,
  clientOrderId: id,
  permId: null,
  account: "DRYRUN",
  symbol: "SPY",
  side: "buy",
  quantity: 10,
  price: 100,
  executedAt: 0,
  ...change,
});
const commission = (executionId = "e1"): Fill => ({ kind: "commission", executionId, symbol: "SPY", commission: 1 });
const approval: Approved = { entry: id, symbol: "SPY", side: "buy", quantity: 10, group: null, expiresAt: 2000 };
const position = { account: "DRYRUN", symbol: "SPY", quantity: 10, averageCost: 100.1, explained: true };
const account = {
  account: "DRYRUN",
  netLiquidation: 9999,
  totalCash: 8999,
  buyingPower: 0,
  excessLiquidity: 0,
  maintenanceMargin: 0,
  lookAheadExcessLiquidity: 0,
  previousDayEquity: 10_000,
  dayTradesRemaining: [null, null, null, null, null],
};

const agreed: DryRunEvidence = {
  approved: new Map([[id, approval]]),
  events: [submitted, at(1100)],
  fills: [execution(), commission()],
  positions: new Map([["SPY", position]]),
  account,
  startEquityUsd: 10_000,
  placed: 0,
  alerts: ["PLATFORM_STARTED"],
};

describe("the verdict of a chaos run in dry-run", () => {
  it("finds nothing where the ledger agrees with itself", () => {
    expect(dryRunViolationsOf(agreed)).toEqual([]);
  });

  it("excuses the protective orders of an entry that never came to be", () => {
    const exit: Approved = { ...approval, side: "sell" };
    const evidence: DryRunEvidence = {
      ...agreed,
      approved: new Map([
        [id, approval],
        [stop, exit],
      ]),
      events: [at(1000, { status: "expired", filledQuantity: 0, leavesQuantity: 10 })],
      fills: [],
      positions: new Map(),
      account: null,
    };
    expect(dryRunViolationsOf(evidence)).toEqual([]);
    expect(dryRunViolationsOf({ ...evidence, events: agreed.events }).join()).toMatch(
      /c1-1-stop: approved, and nothing/,
    );
  });

  it.each<[string, Partial<DryRunEvidence>, RegExp]>([
    ["an order that was sent", { placed: 1 }, /1 orders reached the gateway/],
    ["an order without approval", { approved: new Map() }, /c1-1: submitted and never approved/],
    ["an order that nothing became of", { events: [] }, /c1-1: approved, and nothing became of it/],
    [
      "an approval that was too old",
      { events: [{ ...submitted, atMs: 3001 }, at(3100)] },
      /submitted 1001 ms too late/,
    ],
    ["an order that went on after its end", { events: [...agreed.events, at(1200)] }, /filled after it was filled/],
    ["a fill that no execution explains", { fills: [] }, /says 10 filled, its executions say 0/],
    [
      "an order filled in part and called filled",
      { events: [at(1, { filledQuantity: 9 })], fills: [execution({ quantity: 9 }), commission()] },
      /filled with 9 of 10/,
    ],
    [
      "an order filled beyond its size",
      { events: [at(1, { filledQuantity: 11 })], fills: [execution({ quantity: 11 }), commission()] },
      /11 filled of 10 approved/,
    ],
    ["an expired order that traded", { events: [at(1, { status: "expired" })] }, /expired with 10 filled/],
    ["an execution counted twice", { fills: [...agreed.fills, execution()] }, /e1 is counted twice/],
    [
      "an execution on the other side",
      { fills: [execution({ side: "sell" }), commission()] },
      /sell SPY, approved as buy SPY/,
    ],
    ["an execution without a commission", { fills: [execution()] }, /without its commission/],
    ["a commission twice", { fills: [...agreed.fills, commission()] }, /e1 was paid for twice/],
    [
      "a commission of nothing",
      { fills: [...agreed.fills, commission("e2")] },
      /commission of e2: without its execution/,
    ],
    [
      "another position",
      { positions: new Map([["SPY", { ...position, quantity: 20 }]]) },
      /add up to 10, published 20/,
    ],
    ["an unexplained position", { positions: new Map([["SPY", { ...position, explained: false }]]) }, /unexplained/],
    [
      "money that is not there",
      { account: { ...account, totalCash: 8998 } },
      /8998 USD in cash, its fills leave 8999.00/,
    ],
    ["a defect that was said", { alerts: ["BRIDGE_DEFECT"] }, /BRIDGE_DEFECT was said/],
  ])("finds %s", (_what, change, expected) => {
    expect(dryRunViolationsOf({ ...agreed, ...change }).join("\n")).toMatch(expected);
  });

  it("finds two orders of a group that both traded", () => {
    const other = clientOrderIdSchema.parse("c1-2");
    const evidence: DryRunEvidence = {
      ...agreed,
      approved: new Map([
        [id, { ...approval, group: "g" }],
        [other, { ...approval, entry: other, group: "g" }],
      ]),
      fills: [...agreed.fills, execution({ executionId: "e2", clientOrderId: other }), commission("e2")],
    };
    expect(dryRunViolationsOf(evidence).join()).toMatch(/c1-2 and c1-1 of one group both traded/);
  });
});
