import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  approvedMessage,
  CATALOGUE,
  decodeToken,
  encodeToken,
  IDENTITIES,
  matches,
  messageOf,
  modeOf,
  orderIntentSchema,
  permissionsOf,
  quoteMessage,
  STREAMS,
} from "./mod.ts";

const allows = (identity: (typeof IDENTITIES)[number], subject: string) =>
  permissionsOf(identity).publish.some((filter) => matches(filter, subject));

describe("subjects", () => {
  it("encodes a symbol with a space or a dot into one token, and back", () => {
    expect(quoteMessage.subject("BRK B")).toBe("md.quote.BRK=20B");
    expect(decodeToken("BRK=20B")).toBe("BRK B");
  });

  it("encodes any text into exactly one token that NATS takes literally, and back", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (text) => {
        const token = encodeToken(text);
        expect(token).toMatch(/^[A-Za-z0-9_=-]+$/);
        expect(decodeToken(token)).toBe(text.toWellFormed());
      }),
    );
  });

  it("refuses an empty token", () => {
    expect(() => encodeToken("")).toThrow(/cannot be empty/);
  });

  it("finds the message of each subject, and none for a stranger's", () => {
    for (const message of CATALOGUE) {
      expect(messageOf(message.wildcard.replaceAll("*", "x"))).toBe(message);
    }
    expect(messageOf("orders.approved.a.b")).toBeUndefined();
    expect(messageOf("nothing")).toBeUndefined();
  });

  it("keeps each stored message in a stream that is defined", () => {
    const names = STREAMS.map((stream) => stream.name);
    for (const message of CATALOGUE) if (message.stream) expect(names).toContain(message.stream);
  });
});

describe("permissions", () => {
  it("lets risk alone write approvals (law 1)", () => {
    const subject = approvedMessage.subject("order-1");
    for (const identity of IDENTITIES) {
      expect(allows(identity, subject), identity).toBe(identity === "risk");
    }
  });

  it("lets no running identity create, change or delete a consumer or a stream", () => {
    for (const identity of IDENTITIES.filter((name) => name !== "setup")) {
      for (const subject of [
        "$JS.API.CONSUMER.CREATE.LEDGER",
        "$JS.API.CONSUMER.CREATE.LEDGER.x",
        "$JS.API.CONSUMER.DURABLE.CREATE.LEDGER.x",
        "$JS.API.STREAM.CREATE.LEDGER",
        "$JS.API.STREAM.UPDATE.LEDGER",
        "$JS.API.STREAM.DELETE.LEDGER",
        "$JS.API.STREAM.PURGE.LEDGER",
        "$JS.API.STREAM.MSG.DELETE.LEDGER",
      ]) {
        expect(allows(identity, subject), `${identity} ${subject}`).toBe(false);
      }
    }
  });

  it("gives each identity its own inbox and nobody else's", () => {
    for (const identity of IDENTITIES) {
      const inboxes = permissionsOf(identity).subscribe.filter((subject) => subject.startsWith("_INBOX"));
      expect(inboxes).toEqual([`_INBOX_${identity}.>`]);
    }
  });

  it("lets a service speak only in its own name", () => {
    expect(allows("strategy", "health.strategy")).toBe(true);
    expect(allows("strategy", "health.risk")).toBe(false);
    expect(allows("strategy", "snapshot.risk")).toBe(false);
    expect(allows("strategy", "alerts.critical.strategy")).toBe(true);
    expect(allows("strategy", "alerts.critical.risk")).toBe(false);
  });
});

describe("mode", () => {
  it("is dry-run whenever DRY_RUN is true", () => {
    expect(modeOf({ dryRun: true, paperTrading: false })).toBe("dry-run");
    expect(modeOf({ dryRun: false, paperTrading: true })).toBe("paper");
    expect(modeOf({ dryRun: false, paperTrading: false })).toBe("live");
  });
});

describe("order intent", () => {
  const intent = {
    clientOrderId: "orb-SPY-1",
    strategy: "opening-range-breakout",
    symbol: "SPY",
    side: "buy",
    quantity: 10,
    order: { type: "market" },
    timeInForce: "day",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: null,
    reason: "test",
  };

  it("takes a plain market order", () => {
    expect(orderIntentSchema.safeParse(intent).success).toBe(true);
  });

  it.each([
    ["a fractional quantity", { quantity: 1.5 }],
    ["a zero quantity", { quantity: 0 }],
    ["a limit order without its price", { order: { type: "limit" } }],
    ["an id that is not one subject token", { clientOrderId: "a.b" }],
    ["a symbol with a NUL, which would shift every later field on the wire", { symbol: "SPY\0" }],
  ])("refuses %s", (_, change) => {
    expect(orderIntentSchema.safeParse({ ...intent, ...change }).success).toBe(false);
  });

  const onClose = { order: { type: "market-on-close" } };
  const trailing = {
    order: { type: "trailing-stop", trail: { by: "amount", amount: 1 }, initialStopPrice: null },
  };
  const group = { oneCancelsAllGroup: "either" };

  it.each([
    ["an order on the close that is good till canceled", { ...onClose, timeInForce: "gtc" }, "timeInForce", "use day"],
    ["an order on the close that does not wait", { ...onClose, timeInForce: "ioc" }, "timeInForce", "use day"],
    [
      "an order on the close outside regular hours",
      { order: { type: "limit-on-close", limitPrice: 1 }, outsideRegularHours: true },
      "outsideRegularHours",
      "set it to false",
    ],
    [
      "a trailing stop outside regular hours",
      { ...trailing, outsideRegularHours: true },
      "outsideRegularHours",
      "set it to false",
    ],
    [
      "an order of a group that does not wait",
      { ...group, timeInForce: "ioc" },
      "oneCancelsAllGroup",
      "use day or gtc",
    ],
    [
      "a trail of a hundred per cent",
      { order: { type: "trailing-stop", trail: { by: "percent", percent: 100 }, initialStopPrice: null } },
      "order.trail.percent",
      "100",
    ],
    ["a group whose name is no name", { oneCancelsAllGroup: "a:b" }, "oneCancelsAllGroup", "A-Z a-z 0-9"],
  ])("refuses %s, naming the field and the fix", (_, change, field, fix) => {
    const { error } = orderIntentSchema.safeParse({ ...intent, ...change });
    expect(error?.issues.map(({ path }) => path.join("."))).toEqual([field]);
    expect(error?.issues[0]?.message).toContain(fix);
  });

  it.each([
    ["an order on the close in a group", { ...onClose, ...group }],
    ["a trailing stop that is good till canceled", { ...trailing, timeInForce: "gtc" }],
    [
      "an entry of a group with a bracket: the group is its entry's",
      {
        ...group,
        order: { type: "stop", stopPrice: 101 },
        bracket: {
          stopLoss: { clientOrderId: "s", stopPrice: 99 },
          takeProfit: { clientOrderId: "t", limitPrice: 105 },
        },
      },
    ],
  ])("takes %s", (_, change) => {
    expect(orderIntentSchema.safeParse({ ...intent, ...change }).success).toBe(true);
  });
});
