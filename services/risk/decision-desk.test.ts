import { describe, expect, it } from "vitest";
import { type Bus, StreamFullError } from "#libs/bus/mod.ts";
import {
  type Alert,
  type Approval,
  deniedMessage,
  type Envelope,
  type OrderIntent,
  SCHEMA_VERSION,
  type WhatIf,
} from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import { DecisionDesk, type DeskOptions } from "./decision-desk.ts";
import { BusAwayError, DecisionUnknownError, LedgerUnreadError } from "./errors.ts";
import { DAY, intent, World } from "./testing/world.ts";

const request = (data: OrderIntent, publishedAt = epochMsOf(DAY, "10:00")): Envelope<OrderIntent> => ({
  schema: SCHEMA_VERSION,
  id: "request-1",
  source: "strategy",
  mode: "paper",
  marketTime: null,
  publishedAt,
  causedBy: null,
  data,
});

/** What the ledger answers to each approval. */
type Ledger = (approval: Approval) => Promise<{ outcome: "stored"; sequence: number } | { outcome: "exists" }>;

function deskOf(world: World, ledger: Ledger, change: Partial<Surroundings> = {}) {
  const { up, broker, readLedger, denials } = { ...usual, ...change };
  let asked = 0;
  const recorded: string[] = [];
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const record = async (message: { name: string }, _: unknown, data: unknown) => {
    recorded.push(message.name);
    return message.name === "order approved" ? ledger(data as Approval) : denials();
  };
  // Only what the desk uses of a bus; the real one is in service.integration.test.ts.
  const ask = async () => {
    asked += 1;
    return broker();
  };
  const alerts: Alert[] = [];
  const alert = async (one: Alert) => void alerts.push(one);
  const bus = { record, up, request: ask, alert, context: { logger: silent } } as unknown as Bus;
  const options: DeskOptions = {
    bus,
    reservations: world.reservations,
    view: () => world.view(),
    now: () => world.now(),
    readLedger,
    onStored: () => undefined,
  };
  return { desk: new DecisionDesk(options), recorded, alerts, asked: () => asked };
}

interface Surroundings {
  readonly up: boolean;
  readonly broker: () => Promise<WhatIf>;
  readonly readLedger: () => Promise<boolean>;
  /** What the ledger answers to each denial. */
  readonly denials: () => ReturnType<Ledger>;
}

const noBroker = (): Promise<WhatIf> => Promise.reject(new Error("nobody answers"));
const read = async (): Promise<boolean> => true;
const stored: Ledger = async () => ({ outcome: "stored", sequence: 1 });
const usual: Surroundings = {
  up: true,
  broker: noBroker,
  readLedger: read,
  denials: async () => ({ outcome: "stored", sequence: 1 }),
};

const approvalOf = (world: World, wanted: OrderIntent): Approval => ({
  intent: wanted,
  approvedAtMonotonicMs: world.monotonicMs,
  expiresAtMonotonicMs: world.monotonicMs + 2000,
  expiresAt: world.wallMs + 2000,
  reducesRisk: false,
  reserved: { notional: wanted.quantity * 100, dayTrade: false },
});

describe("an entry near the limit of buying power", () => {
  const answered = (equityWithLoanAfter: number, initialMarginAfter: number): WhatIf => ({
    outcome: "answered",
    initialMarginChange: null,
    maintenanceMarginChange: null,
    initialMarginAfter,
    maintenanceMarginAfter: null,
    equityWithLoanAfter,
    commission: null,
    warning: null,
  });
  const poor = () => new World({ buyingPower: 10_000 });

  it("is decided by the broker's answer, either way", async () => {
    const enough = deskOf(poor(), stored, { broker: async () => answered(100_000, 10_000) });
    expect(await enough.desk.decide(request(intent({ quantity: 95 })))).toMatchObject({ outcome: "approved" });
    const short = deskOf(poor(), stored, { broker: async () => answered(10_000, 9500) });
    expect(await short.desk.decide(request(intent({ quantity: 60 })))).toMatchObject({
      outcome: "denied",
      reasons: [{ code: "BUYING_POWER", detail: expect.stringContaining("by=broker") }],
    });
    expect([enough.asked(), short.asked()]).toEqual([1, 1]);
  });

  it("keeps its reservation while the broker is asked, and once only after", async () => {
    const world = poor();
    let answer: (whatIf: WhatIf) => void = () => undefined;
    const { desk } = deskOf(world, stored, { broker: () => new Promise((resolve) => (answer = resolve)) });
    const deciding = desk.decide(request(intent({ quantity: 60 })));
    await Promise.resolve();
    expect(world.codes(intent({ symbol: "IBM", quantity: 31 }))).toEqual(["BUYING_POWER"]);
    answer(answered(100_000, 10_000));
    expect(await deciding).toMatchObject({ outcome: "approved" });
    expect(world.reservations.orders.size).toBe(1);
    expect(world.codes(intent({ symbol: "IBM", quantity: 30 }))).toEqual([]);
  });

  it("gives its reservation back when the broker refuses", async () => {
    const world = poor();
    const { desk } = deskOf(world, stored, { broker: async () => ({ outcome: "refused", reason: "201" }) });
    expect(await desk.decide(request(intent({ quantity: 60 })))).toMatchObject({ outcome: "denied" });
    expect(world.reservations.orders.size).toBe(0);
    expect(world.reservations.recent).toEqual([]);
  });

  it("falls back on the model when nobody answers", async () => {
    const { desk, asked } = deskOf(poor(), stored);
    expect(await desk.decide(request(intent({ quantity: 90 })))).toMatchObject({ outcome: "approved" });
    expect(await desk.decide(request(intent({ symbol: "IBM", quantity: 1 })))).toMatchObject({ outcome: "denied" });
    expect(asked()).toBe(2);
  });

  it("is not asked about far from the limit, for an exit, for what is denied anyway, or in dry-run", async () => {
    const world = poor();
    world.trade("buy", 90);
    world.summary({ buyingPower: 10_001 });
    const { desk, asked } = deskOf(world, stored);
    await desk.decide(request(intent({ symbol: "IBM", quantity: 40 })));
    await desk.decide(request(intent({ side: "sell", quantity: 90 })));
    await desk.decide(request(intent({ symbol: "IBM", quantity: 1000 })));
    world.change = { mode: "dry-run" };
    await desk.decide(request(intent({ symbol: "BAC", quantity: 49 })));
    expect(asked()).toBe(0);
  });
});

describe("an approval whose record is not acknowledged in time", () => {
  it("is never told as approved, stays reserved, and is decided once when the ledger tells", async () => {
    const world = new World();
    const { desk, recorded } = deskOf(world, () => new Promise(() => undefined));
    const wanted = intent({ quantity: 100 });
    await expect(desk.decide(request(wanted))).rejects.toThrow(DecisionUnknownError);
    await expect(desk.decide(request(wanted))).rejects.toThrow(DecisionUnknownError);
    expect(recorded).toEqual(["order approved"]);
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["POSITION_LIMIT"]);

    world.record(approvalOf(world, wanted));
    expect(await desk.decide(request(wanted))).toMatchObject({ outcome: "approved" });
    expect(world.reservations.orders.size).toBe(0);
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["POSITION_LIMIT"]);
  });
});

describe("a denial whose record is not acknowledged in time", () => {
  it("is the answer when it is asked again, whatever has changed: an order has one decision", async () => {
    const world = new World();
    const denials = () => new Promise<never>(() => undefined);
    const { desk, recorded } = deskOf(world, stored, { denials });
    const wanted = intent({ quantity: 101 });
    const first = await desk.decide(request(wanted));
    expect(first).toMatchObject({ outcome: "denied", reasons: [{ code: "POSITION_LIMIT" }] });
    world.change = { limits: { ...world.view().limits, maxPositionFraction: 10 } };
    expect(world.codes(wanted)).toEqual([]);
    expect(await desk.decide(request(wanted))).toEqual(first);
    expect(recorded).toEqual(["order denied"]);
  });

  it("gives way to an approval that the ledger holds: a process before this one made it in its last moment", async () => {
    const world = new World();
    const wanted = intent({ quantity: 1000 });
    let isTold = false;
    const readLedger = async () => {
      if (isTold) world.record(approvalOf(world, wanted));
      return true;
    };
    const denials = async () => {
      isTold = true;
      return { outcome: "exists" as const };
    };
    const { desk } = deskOf(world, stored, { denials, readLedger });
    expect(await desk.decide(request(wanted))).toMatchObject({ outcome: "approved" });
  });

  it("is forgotten when the ledger refuses it", async () => {
    const world = new World();
    const { desk, recorded } = deskOf(world, stored, { denials: () => Promise.reject(new StreamFullError("LEDGER")) });
    for (const _ of [1, 2]) await desk.decide(request(intent({ quantity: 1000 })));
    expect(recorded).toEqual(["order denied", "order denied"]);
  });
});

describe("an approval that is on the disk and not in the book yet", () => {
  it("is answered the same when it is asked again", async () => {
    const world = new World();
    const { desk, recorded } = deskOf(world, async () => ({ outcome: "stored", sequence: 7 }));
    const wanted = intent();
    const first = await desk.decide(request(wanted));
    expect(await desk.decide(request(wanted))).toEqual(first);
    expect(await desk.decide(request({ ...wanted, quantity: 11 }))).toMatchObject({ outcome: "denied" });
    expect(recorded).toEqual(["order approved"]);
  });
});

describe("an approval that the ledger refuses for certain", () => {
  it("is denied, and gives back what it had reserved", async () => {
    const world = new World();
    const { desk } = deskOf(world, () => Promise.reject(new StreamFullError("LEDGER")));
    expect(await desk.decide(request(intent({ quantity: 100 })))).toMatchObject({
      outcome: "denied",
      reasons: [{ code: "LEDGER_REFUSED" }],
    });
    expect(world.codes(intent({ quantity: 100 }))).toEqual([]);
  });
});

describe("an approval that the ledger has already", () => {
  it("is answered with the decision that was first", async () => {
    const world = new World();
    const wanted = intent({ quantity: 100 });
    let inLedger: Approval | undefined;
    const exists: Ledger = async (approval) => {
      inLedger = approval;
      return { outcome: "exists" };
    };
    const readOn = async () => {
      if (inLedger) world.record(inLedger);
      return true;
    };
    const { desk } = deskOf(world, exists, { readLedger: readOn });
    expect(await desk.decide(request(wanted))).toMatchObject({ outcome: "approved" });
    expect(world.reservations.orders.size).toBe(0);
  });

  it("is denied when the id is older than anything remembered", async () => {
    const world = new World();
    const { desk } = deskOf(world, async () => ({ outcome: "exists" }));
    expect(await desk.decide(request(intent()))).toMatchObject({ reasons: [{ code: "CLIENT_ORDER_ID_USED" }] });
    expect(world.reservations.orders.size).toBe(0);
  });
});

describe("an exit that comes a moment before the fill it answers", () => {
  it("waits for it, as long as an order works from which it may come", async () => {
    const world = new World();
    const entry = intent({ quantity: 30 });
    world.decide(entry);
    let looks = 0;
    const { desk, recorded } = deskOf(world, stored, {
      readLedger: async () => {
        looks += 1;
        // It is stored after the read that comes before any denial.
        if (looks === 2) world.execution({ clientOrderId: entry.clientOrderId, quantity: 30 });
        return true;
      },
    });
    const exit = intent({ side: "sell", quantity: 30, order: { type: "market" } });
    expect(await desk.decide(request(exit))).toMatchObject({ outcome: "approved" });
    expect(recorded).toEqual(["order approved"]);
  });
});

describe("an order that the state would deny while the ledger holds more", () => {
  const exit = intent({ side: "sell", quantity: 30, order: { type: "market" } });

  it("is decided by what the ledger holds", async () => {
    const world = new World();
    const { desk, recorded } = deskOf(world, stored, {
      readLedger: async () => {
        world.trade("buy", 30);
        return true;
      },
    });
    expect(await desk.decide(request(exit))).toMatchObject({ outcome: "approved" });
    expect(recorded).toEqual(["order approved"]);
  });

  it("is answered with the decision that stands there", async () => {
    const world = new World();
    const wanted = intent({ quantity: 1000 });
    const reasons = [{ code: "POSITION_LIMIT", detail: "" }];
    const { desk, recorded } = deskOf(world, stored, {
      readLedger: async () => {
        world.feed(deniedMessage, { intent: wanted, reasons });
        return true;
      },
    });
    expect(await desk.decide(request(wanted))).toMatchObject({ outcome: "denied", reasons });
    expect(recorded).toEqual([]);
  });

  it("is not denied while that cannot be read, and nothing is sent for it", async () => {
    const world = new World();
    for (const readLedger of [async () => false, () => new Promise<boolean>(() => undefined)]) {
      const { desk, recorded } = deskOf(world, stored, { readLedger });
      await expect(desk.decide(request(exit))).rejects.toThrow(LedgerUnreadError);
      await expect(desk.decide(request(intent({ quantity: 1000 })))).rejects.toThrow(LedgerUnreadError);
      expect(recorded).toEqual([]);
      expect(world.reservations.orders.size).toBe(0);
    }
  });
});

describe("a question that lay in a process that stood still", () => {
  it("opens nothing: who asked it has given it up (law 3)", async () => {
    const world = new World();
    const { desk, recorded } = deskOf(world, async () => ({ outcome: "stored", sequence: 1 }));
    expect(await desk.decide(request(intent(), world.wallMs - 300_000))).toMatchObject({
      reasons: [{ code: "INTENT_STALE" }],
    });
    expect(recorded).toEqual(["order denied"]);
  });
});

describe("a bus that is away", () => {
  it("means no decision, and nothing reserved", async () => {
    const world = new World();
    const { desk, recorded } = deskOf(world, async () => ({ outcome: "exists" }), { up: false });
    await expect(desk.decide(request(intent()))).rejects.toThrow(BusAwayError);
    expect(recorded).toEqual([]);
    expect(world.reservations.orders.size).toBe(0);
  });
});

describe("an exit beside an order of others", () => {
  const exit = (quantity: number) => request(intent({ side: "sell", quantity, order: { type: "market" } }));

  it("is sent, and the operator is told which order could turn the position around, once", async () => {
    const world = new World();
    world.trade("buy", 50);
    world.foreignOrder({ permId: 77, side: "sell", leavesQuantity: 50 });
    const { desk, alerts } = deskOf(world, stored);
    expect(await desk.decide(exit(20))).toMatchObject({ outcome: "approved" });
    expect(await desk.decide(exit(20))).toMatchObject({ outcome: "approved" });
    expect(alerts.map(({ code, severity }) => `${severity} ${code}`)).toEqual(["critical EXIT_BESIDE_FOREIGN_ORDER"]);
    expect(alerts[0]?.text).toContain("sell 50 SPY (permId 77)");
  });

  it("is told of nothing that what is held suffices for, and of no order on the other side", async () => {
    const world = new World();
    world.trade("buy", 50);
    world.foreignOrder({ permId: 77, side: "sell", leavesQuantity: 30 });
    world.foreignOrder({ permId: 78, side: "buy", leavesQuantity: 30 });
    const { desk, alerts } = deskOf(world, stored);
    expect(await desk.decide(exit(20))).toMatchObject({ outcome: "approved" });
    expect(alerts).toEqual([]);
  });
});
