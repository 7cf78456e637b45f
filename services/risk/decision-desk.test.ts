import { describe, expect, it } from "vitest";
import { type Bus, StreamFullError } from "#libs/bus/mod.ts";
import { type Approval, type Envelope, type OrderIntent, SCHEMA_VERSION } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import { DecisionDesk, type DeskOptions } from "./decision-desk.ts";
import { BusAwayError, DecisionUnknownError } from "./errors.ts";
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

/** What the ledger answers to each approval; denials it takes. */
type Ledger = (approval: Approval) => Promise<{ outcome: "stored"; sequence: number } | { outcome: "exists" }>;

function deskOf(world: World, ledger: Ledger, up = true) {
  const recorded: string[] = [];
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const record = async (message: { name: string }, _: unknown, data: unknown) => {
    recorded.push(message.name);
    return message.name === "order approved" ? ledger(data as Approval) : { outcome: "stored", sequence: 1 };
  };
  // Only what the desk uses of a bus; the real one is in service.integration.test.ts.
  const bus = { record, up, alert: async () => undefined, context: { logger: silent } } as unknown as Bus;
  const options: DeskOptions = {
    bus,
    reservations: world.reservations,
    view: () => world.view(),
    now: () => world.now(),
    onStored: () => undefined,
  };
  return { desk: new DecisionDesk(options), recorded };
}

describe("an approval whose record is not acknowledged in time", () => {
  it("is never told as approved, stays reserved, and is decided once when the ledger tells", async () => {
    const world = new World();
    const { desk, recorded } = deskOf(world, () => new Promise(() => undefined));
    const wanted = intent({ quantity: 100 });
    await expect(desk.decide(request(wanted))).rejects.toThrow(DecisionUnknownError);
    await expect(desk.decide(request(wanted))).rejects.toThrow(DecisionUnknownError);
    expect(recorded).toEqual(["order approved"]);
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["POSITION_LIMIT"]);

    const approval: Approval = {
      intent: wanted,
      approvedAtMonotonicMs: world.monotonicMs,
      expiresAtMonotonicMs: world.monotonicMs + 2000,
      expiresAt: world.wallMs + 2000,
      reducesRisk: false,
      reserved: { notional: 10_000, dayTrade: false },
    };
    world.record(approval);
    expect(await desk.decide(request(wanted))).toMatchObject({ outcome: "approved" });
    expect(world.reservations.orders.size).toBe(0);
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["POSITION_LIMIT"]);
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
    const { desk } = deskOf(world, async (approval) => {
      setTimeout(() => world.record(approval), 20);
      return { outcome: "exists" };
    });
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
    const { desk, recorded } = deskOf(world, async () => ({ outcome: "exists" }), false);
    await expect(desk.decide(request(intent()))).rejects.toThrow(BusAwayError);
    expect(recorded).toEqual([]);
    expect(world.reservations.orders.size).toBe(0);
  });
});
