import { describe, expect, it } from "vitest";
import type { z } from "zod";
import type { LedgerEvent } from "#libs/bus/mod.ts";
import {
  deniedMessage,
  type Fill,
  fillMessage,
  type MessageType,
  orderEventMessage,
  orderEventSchema,
  orderIntentSchema,
  riskStateMessage,
  type TradingState,
} from "#libs/contracts/mod.ts";
import { denialsAlert, isComplete, orderAlert, tradingStateAlert } from "./alerts.ts";
import { apply, type DenialNotice, type Facts, factsSchema, noFacts, type OrderNotice } from "./facts.ts";

let sequence = 0;
function event<Data extends z.ZodType>(message: MessageType<Data>, data: z.infer<Data>): LedgerEvent {
  sequence += 1;
  const envelope = {
    schema: 1 as const,
    id: `event-${sequence}`,
    source: "test",
    mode: "dry-run" as const,
    marketTime: null,
    publishedAt: 1000 + sequence,
    causedBy: null,
    data,
  };
  return {
    sequence,
    subject: "",
    envelope,
    as: (wanted) => ((wanted as unknown) === message ? (envelope as never) : undefined),
  };
}

const order = (change: Partial<z.input<typeof orderEventSchema>> & { clientOrderId: string }): LedgerEvent =>
  event(
    orderEventMessage,
    orderEventSchema.parse({
      parentClientOrderId: null,
      symbol: "SPY",
      side: "buy",
      status: "filled",
      orderId: 1,
      permId: null,
      filledQuantity: 100,
      leavesQuantity: 0,
      averagePrice: 168.12,
      reason: null,
      ...change,
    }),
  );

const execution = (id: string, quantity: number, price: number, change: Partial<Fill> = {}): LedgerEvent =>
  event(fillMessage, {
    kind: "execution",
    executionId: id,
    corrects: null,
    clientOrderId: "o1",
    permId: null,
    account: "DU1",
    symbol: "SPY",
    side: "buy",
    quantity,
    price,
    executedAt: 1,
    ...change,
  } as Fill);

const commission = (id: string, usd: number): LedgerEvent =>
  event(fillMessage, { kind: "commission", executionId: id, symbol: "SPY", commission: usd });

const denied = (id: string, ...codes: string[]): LedgerEvent =>
  event(deniedMessage, {
    intent: orderIntentSchema.parse({
      clientOrderId: id,
      strategy: "orb",
      symbol: "IBM",
      side: "buy",
      quantity: 10,
      order: { type: "market" },
      timeInForce: "day",
      outsideRegularHours: false,
      holdOvernight: false,
      bracket: null,
      reason: "",
    }),
    reasons: codes.map((code) => ({ code, detail: "used=1 limit=1" })),
  });

const riskState = (tradingState: TradingState): LedgerEvent =>
  event(riskStateMessage, {
    tradingState,
    setBy: "operator",
    reason: "lunch.",
    since: 1,
    tradingDay: "2026-11-23",
    equityAtSessionStart: 30_000,
    dayTradeRegime: "off",
    dayTradeRegimeReason: "",
    dayTradesUsed: 0,
    dayProfit: -12.5,
  } as z.infer<typeof riskStateMessage.data>);

const fold = (...events: LedgerEvent[]): Facts => events.reduce(apply, noFacts());
const orders = (facts: Facts): OrderNotice[] => facts.notices.filter((notice) => notice.kind === "order");

describe("what the operator must not miss", () => {
  it("is not pushed out by a flood of denials that were not told yet", () => {
    const flood = Array.from({ length: 400 }, (_, at) => denied(`d${at}`, "TRADING_HALTED"));
    const facts = fold(riskState("active"), riskState("halted"), order({ clientOrderId: "o1" }), ...flood);
    expect(facts.notices).toHaveLength(256);
    expect(facts.notices.slice(0, 2).map(({ kind }) => kind)).toEqual(["trading-state", "order"]);
    expect(facts.notices.at(-1)).toMatchObject({ clientOrderId: "d399" });
  });

  it.each(["rejected", "expired", "not-sent", "unknown"] as const)(
    "is that a protective order is %s while its entry is filled: critical, and what to do",
    (status) => {
      const facts = fold(
        order({ clientOrderId: "o1" }),
        order({
          clientOrderId: "stop",
          parentClientOrderId: "o1",
          side: "sell",
          status,
          filledQuantity: 0,
          leavesQuantity: 100,
        }),
      );
      const notice = orders(facts).at(-1);
      const alert = notice === undefined ? undefined : orderAlert(facts, notice);
      expect(alert).toMatchObject({ severity: "critical" });
      expect(alert?.text).toContain("may be without protection");
      expect(alert?.text).toContain("close it");
    },
  );

  it("is the same while the entry still may fill", () => {
    const facts = fold(
      order({ clientOrderId: "o1", status: "accepted", filledQuantity: 0, leavesQuantity: 100 }),
      order({
        clientOrderId: "stop",
        parentClientOrderId: "o1",
        status: "rejected",
        filledQuantity: 0,
        leavesQuantity: 100,
      }),
    );
    const notice = orders(facts).at(-1);
    expect(notice === undefined ? undefined : orderAlert(facts, notice)?.severity).toBe("critical");
  });

  it("is no more than usual when the entry never filled", () => {
    const ended = { status: "rejected", filledQuantity: 0, leavesQuantity: 100 } as const;
    const facts = fold(
      order({ clientOrderId: "o1", ...ended }),
      order({ clientOrderId: "stop", parentClientOrderId: "o1", side: "sell", ...ended }),
    );
    const notice = orders(facts).at(-1);
    expect(notice === undefined ? undefined : orderAlert(facts, notice)?.severity).toBe("warning");
  });
});

describe("a finished order", () => {
  it("is one message with side, quantity, symbol, average price and commission, whatever order the facts come in", () => {
    const facts = [execution("e1", 40, 168.1), commission("e1", 1), execution("e2", 60, 168.2), commission("e2", 0.3)];
    for (const events of [
      [...facts, order({ clientOrderId: "o1" })],
      [order({ clientOrderId: "o1" }), ...facts.toReversed()],
    ]) {
      const state = fold(...events);
      const [notice, ...others] = orders(state);
      expect(others).toEqual([]);
      if (notice === undefined) throw new Error("no notice");
      expect(isComplete(state, notice)).toBe(true);
      expect(orderAlert(state, notice)).toMatchObject({
        severity: "info",
        code: "ORDER_FILLED",
        title: "Bought 100 SPY at 168.16",
        fields: [
          { name: "average price", value: "168.16 USD" },
          { name: "value", value: "16816.00 USD" },
          { name: "commission", value: "1.30 USD" },
          { name: "order", value: "o1" },
        ],
      });
    }
  });

  it("is not complete while an execution or a commission is missing, and counts each execution once", () => {
    const done = order({ clientOrderId: "o1" });
    const state = fold(execution("e1", 40, 168.1), execution("e1", 40, 168.1), commission("e1", 1), done);
    const [notice] = orders(state);
    if (notice === undefined) throw new Error("no notice");
    expect(isComplete(state, notice)).toBe(false);
    expect(orderAlert(state, notice)?.title).toBe("Bought 100 SPY at 168.12");
  });

  it("takes a correction in place of what it corrects", () => {
    const state = fold(
      execution("e.01", 100, 168),
      commission("e.01", 1),
      execution("e.02", 100, 169, { corrects: "e.01" }),
      commission("e.02", 1),
      order({ clientOrderId: "o1" }),
    );
    const [notice] = orders(state);
    expect(notice && orderAlert(state, notice)?.title).toBe("Bought 100 SPY at 169.00");
  });

  it("tells what was filled of an order that was canceled, and is silent about one that was canceled untouched", () => {
    const canceled = { clientOrderId: "o1", status: "canceled", filledQuantity: 30, leavesQuantity: 70 } as const;
    const state = fold(execution("e1", 30, 168), commission("e1", 1), order({ ...canceled, reason: "asked to" }));
    const [notice] = orders(state);
    expect(notice && orderAlert(state, notice)).toMatchObject({
      title: "Bought 30 of 100 SPY at 168.00",
      text: "The rest was canceled: asked to",
    });
    expect(orders(fold(order({ ...canceled, filledQuantity: 0, leavesQuantity: 100 })))).toEqual([]);
  });

  it.each([
    ["rejected", "warning", "ORDER_REJECTED"],
    ["unknown", "warning", "ORDER_UNKNOWN"],
    ["expired", "info", "ORDER_EXPIRED"],
    ["not-sent", "info", "ORDER_NOT_SENT"],
  ] as const)("that was %s is told of too", (status, severity, code) => {
    const nothing = { filledQuantity: 0, leavesQuantity: 100, averagePrice: null, reason: "code 201" };
    const state = fold(order({ clientOrderId: "o1", status, ...nothing }));
    const [notice] = orders(state);
    const alert = notice && orderAlert(state, notice);
    expect(alert).toMatchObject({ severity, code });
    expect(alert?.title).toContain("buy 100 SPY");
    expect(alert?.text).toContain("code 201");
  });
});

describe("denials", () => {
  it("are one message, with the reasons counted", () => {
    const notices = fold(denied("a", "POSITION_LIMIT"), denied("b", "POSITION_LIMIT", "STALE_QUOTE")).notices;
    expect(denialsAlert(notices as DenialNotice[])).toEqual({
      severity: "info",
      code: "ORDER_DENIED",
      title: "Denied: 2 orders",
      text: "buy 10 IBM (orb): POSITION_LIMIT\nbuy 10 IBM (orb): POSITION_LIMIT, STALE_QUOTE",
      fields: [
        { name: "POSITION_LIMIT", value: "2" },
        { name: "STALE_QUOTE", value: "1" },
      ],
    });
    expect(denialsAlert(notices.slice(0, 1) as DenialNotice[])).toMatchObject({
      title: "Denied: buy 10 IBM",
      fields: [{ name: "POSITION_LIMIT", value: "used=1 limit=1" }],
    });
  });
});

describe("the trading state", () => {
  it("is told of when it changes, and not when it is recorded again", () => {
    const { notices } = fold(riskState("active"), riskState("active"), riskState("halted"), riskState("halted"));
    expect(notices).toHaveLength(1);
    const [notice] = notices;
    if (notice?.kind !== "trading-state") throw new Error("no notice");
    expect(tradingStateAlert(notice)).toMatchObject({
      severity: "critical",
      title: "Trading is halted, set by operator",
      fields: [
        { name: "before", value: "active" },
        { name: "profit of the day", value: "-12.50 USD" },
      ],
    });
  });
});

describe("the facts", () => {
  it("come back from a snapshot as they were, and applying an event again changes nothing", () => {
    const events = [execution("e1", 100, 168), commission("e1", 1), order({ clientOrderId: "o1" }), denied("a", "X")];
    const facts = fold(...events);
    expect(factsSchema.parse(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
    expect(events.reduce(apply, facts)).toEqual(facts);
  });

  it("stay bounded", () => {
    const facts = fold(...Array.from({ length: 700 }, (_, index) => order({ clientOrderId: `o${index}` })));
    expect(Object.keys(facts.orders)).toHaveLength(500);
    expect(facts.notices).toHaveLength(256);
    expect(facts.orders.o699).toBeDefined();
  });
});
