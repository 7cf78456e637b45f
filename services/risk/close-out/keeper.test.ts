import { describe, expect, it } from "vitest";
import { RequestTimeoutError, StreamFullError } from "#libs/bus/mod.ts";
import {
  type Alert,
  type CloseOut,
  closeOutMessage,
  type Decision,
  type Envelope,
  gatewayStatusMessage,
  type OrderIntent,
} from "#libs/contracts/mod.ts";
import { BrokerWord } from "../broker-word.ts";
import { intent, READY, World } from "../testing/world.ts";
import { CloseOutKeeper, type KeeperOptions } from "./keeper.ts";
import { ATTEMPTS_MAX } from "./steps.ts";

const LOOK_MS = 250;

/** What becomes of the orders and cancels that the keeper sends. */
interface Broker {
  readonly onOrder?: (world: World, order: OrderIntent) => void;
  readonly onCancel?: (clientOrderId: string) => void;
}

/** A keeper whose records the ledger takes at once, and whose orders risk decides on as it does on any. */
function kept(world: World, { onOrder, onCancel }: Broker = {}) {
  const alerts: Alert[] = [];
  const disk = { full: false, fullOfAlerts: false };
  const sent: OrderIntent[] = [];
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  // Only what the keeper uses of a bus; the real one is in tests/close-out.
  const bus = {
    up: true,
    record: async (_: unknown, __: unknown, data: CloseOut) => {
      if (disk.full) throw new StreamFullError("LEDGER");
      world.feed(closeOutMessage, data);
      keeper.onRecorded(data);
      return { outcome: "stored", sequence: 1 };
    },
    alert: async (alert: Alert) => {
      if (disk.fullOfAlerts) throw new StreamFullError("ALERTS");
      alerts.push(alert);
    },
    request: async (_: unknown, __: unknown, { clientOrderId }: { clientOrderId: string }) => {
      onCancel?.(clientOrderId);
      return { ok: true, message: "" };
    },
    envelope: (data: OrderIntent) => ({ data }),
    context: { logger: silent },
  } as unknown as KeeperOptions["bus"];
  const decide = async ({ data }: Envelope<OrderIntent>): Promise<Decision> => {
    const { clientOrderId } = data;
    const evaluation = world.decide(data);
    if (evaluation.outcome === "denied") return { outcome: "denied", clientOrderId, reasons: [...evaluation.reasons] };
    sent.push(data);
    onOrder?.(world, data);
    return { outcome: "approved", clientOrderId, expiresAt: evaluation.approval.expiresAt };
  };
  const brokerWord = new BrokerWord();
  world.change = { hasSettled: (symbol) => brokerWord.hasSettled(world.book, symbol, world.monotonicMs) };
  const keeper: CloseOutKeeper = new CloseOutKeeper({ bus, view: () => world.view(), now: () => world.now(), decide });
  /** Looks as the service does, for so much of machine time. */
  const look = async (ms = LOOK_MS) => {
    for (let passed = 0; passed < ms; passed += LOOK_MS) {
      world.monotonicMs += LOOK_MS;
      brokerWord.look(world.book, world.monotonicMs);
      await keeper.look();
    }
  };
  const told = (code: string) => alerts.filter((alert) => alert.code === code);
  const begin = (scope: CloseOut["scope"] = "explained") => keeper.begin({ scope, setBy: "operator", reason: "test" });
  return { keeper, alerts, disk, sent, look, told, begin };
}

const fills = (world: World, { clientOrderId, symbol, side, quantity }: OrderIntent): void => {
  world.execution({ clientOrderId, symbol, side, quantity });
  world.event(clientOrderId, "filled", { filledQuantity: quantity });
};

describe("the keeper of a close-out", () => {
  it("closes, and tells once that it began and once that the account is flat", async () => {
    const world = new World();
    world.trade("buy", 7);
    const { begin, look, told, sent } = kept(world, { onOrder: fills });
    await begin();
    await look(5000);
    expect(sent).toHaveLength(1);
    expect(told("CLOSE_OUT_BEGUN")).toHaveLength(1);
    expect(told("CLOSE_OUT_FLAT")).toHaveLength(1);
    expect(world.book.closeOut?.status).toBe("flat");
  });

  it("gives up a symbol that the broker refuses for ever, and tells after a minute as well as at the end", async () => {
    const world = new World();
    world.trade("buy", 7);
    const broker: Broker = { onOrder: (_, { clientOrderId }) => world.event(clientOrderId, "rejected") };
    const { begin, look, told, sent, keeper } = kept(world, broker);
    await begin();
    await look(62_000);
    expect(told("CLOSE_OUT_WAITS")).toHaveLength(1);
    await look(600_000);
    expect(sent).toHaveLength(ATTEMPTS_MAX);
    expect(new Set(sent.map(({ clientOrderId }) => clientOrderId)).size).toBe(ATTEMPTS_MAX);
    expect(told("CLOSE_OUT_WAITS")).toHaveLength(1);
    expect(told("CLOSE_OUT_NOT_FLAT")).toHaveLength(1);
    expect(keeper.current?.status).toBe("given-up");
  });

  it("sends nothing more while a closing order stays at work unfilled, however long, and tells after a minute", async () => {
    const world = new World();
    world.trade("buy", 7);
    const broker: Broker = { onOrder: (_, { clientOrderId }) => world.event(clientOrderId, "accepted") };
    const { begin, look, told, sent } = kept(world, broker);
    await begin();
    await look(3_600_000);
    expect(sent).toHaveLength(1);
    expect(told("CLOSE_OUT_WAITS")).toHaveLength(1);
    fills(world, sent[0] ?? intent());
    await look();
    expect(told("CLOSE_OUT_FLAT")).toHaveLength(1);
  });

  it("asks for a cancel that is refused for ever at longer and longer intervals, closes nothing beside it, and tells", async () => {
    const world = new World();
    world.trade("buy", 7);
    world.decide(intent({ side: "sell", quantity: 7, order: { type: "limit", limitPrice: 200 } }));
    let asked = 0;
    const onCancel = () => {
      asked += 1;
      throw new RequestTimeoutError("orders.cancel", 2000);
    };
    const { begin, look, told, sent } = kept(world, { onCancel });
    await begin();
    await look(600_000);
    expect(sent).toEqual([]);
    expect(asked).toBeGreaterThan(20);
    expect(asked).toBeLessThan(30);
    expect(told("CLOSE_OUT_WAITS")).toHaveLength(1);
  });

  it("spends no attempt while the gateway is away, and goes on when it is back", async () => {
    const world = new World();
    world.trade("buy", 7);
    world.feed(gatewayStatusMessage, { ...READY, state: "planned-restart", acceptsOrders: false });
    const { begin, look, sent } = kept(world, { onOrder: fills });
    await begin();
    await look(120_000);
    expect(sent).toEqual([]);
    world.feed(gatewayStatusMessage, READY);
    await look();
    expect(sent.map(({ clientOrderId }) => clientOrderId.endsWith("-1"))).toEqual([true]);
  });

  it("is not over by a word of the broker that is seconds old", async () => {
    const world = new World();
    world.trade("buy", 7);
    world.position({ quantity: 0 });
    const { begin, look, told, sent } = kept(world, { onOrder: fills });
    await begin();
    await look(4000);
    expect(told("CLOSE_OUT_FLAT")).toEqual([]);
    world.position({ quantity: 7 });
    await look(2000);
    expect(sent.map(({ quantity }) => quantity)).toEqual([7]);
  });

  it("names the orders of others that still work, and leaves those alone", async () => {
    const world = new World();
    world.foreignOrder({ permId: 5, symbol: "BAC", side: "buy", leavesQuantity: 10 });
    const canceled: string[] = [];
    const { begin, look, told } = kept(world, { onCancel: (id) => canceled.push(id) });
    await begin();
    await look();
    for (const code of ["CLOSE_OUT_BEGUN", "CLOSE_OUT_FLAT"])
      expect(told(code).map(({ text }) => text.includes("buy 10 BAC (permId 5)"))).toEqual([true]);
    expect(canceled).toEqual([]);
  });

  it("closes beside a stop that somebody placed by hand, with one attempt, and names it at once (law 7)", async () => {
    const world = new World();
    world.trade("buy", 50);
    world.foreignOrder({ permId: 77, side: "sell", leavesQuantity: 50 });
    const { begin, look, told, sent } = kept(world, { onOrder: fills });
    await begin();
    expect(told("CLOSE_OUT_BEGUN").map(({ text }) => text.includes("sell 50 SPY (permId 77)"))).toEqual([true]);
    await look(5000);
    expect(sent.map(({ side, quantity }) => `${side} ${quantity}`)).toEqual(["sell 50"]);
    expect(world.book.closeOut?.status).toBe("flat");
  });

  const small = { netLiquidation: 20_000, previousDayEquity: 20_000 };
  /** An entry of yesterday, for which today has no day trade left. */
  const beyondDayTrades = () => {
    const world = new World(small);
    const waiting = intent({ symbol: "IBM", quantity: 2, timeInForce: "gtc" });
    world.decide(waiting);
    for (const symbol of ["SPY", "BAC", "QQQ"]) {
      world.execution({ symbol });
      world.execution({ symbol, side: "sell" });
    }
    world.setTime("2026-11-24", "06:00");
    world.summary(small);
    return { world, waiting };
  };

  it("tells once of an entry that it cancels for a fourth day trade", async () => {
    const { world, waiting } = beyondDayTrades();
    const canceled: string[] = [];
    const { look, told } = kept(world, { onCancel: (id) => canceled.push(id) });
    await look(3000);
    expect(canceled.length).toBeGreaterThan(1);
    expect(new Set(canceled)).toEqual(new Set([waiting.clientOrderId]));
    expect(told("DAY_TRADE_ENTRY_CANCELED")).toHaveLength(1);
  });

  it("cancels it while the disk takes no alert, and tells of it as soon as it does (law 8)", async () => {
    const { world, waiting } = beyondDayTrades();
    const onCancel = (id: string) => {
      world.event(id, "canceled");
    };
    const { disk, look, told } = kept(world, { onCancel });
    disk.fullOfAlerts = true;
    await look(3000);
    expect(world.book.orders.has(waiting.clientOrderId)).toBe(false);
    disk.fullOfAlerts = false;
    await look(3000);
    expect(told("DAY_TRADE_ENTRY_CANCELED")).toHaveLength(1);
  });

  it("tells of it where the same entry was to be canceled for another reason before", async () => {
    const { world } = beyondDayTrades();
    const { look, told } = kept(world);
    world.riskState({ tradingState: "reducing" });
    await look(3000);
    expect(told("DAY_TRADE_ENTRY_CANCELED")).toEqual([]);
    world.riskState({ tradingState: "active" });
    await look(30_000);
    expect(told("DAY_TRADE_ENTRY_CANCELED")).toHaveLength(1);
  });

  it("tells again after a kill between the telling and the record of it: never not at all (law 8)", async () => {
    const world = new World();
    const before = kept(world);
    await before.begin();
    before.disk.full = true;
    await expect(before.look()).rejects.toThrow(StreamFullError);
    expect(before.told("CLOSE_OUT_FLAT")).toHaveLength(1);
    const after = kept(world);
    await after.look();
    expect(after.told("CLOSE_OUT_FLAT")).toHaveLength(1);
    expect(world.replayed().closeOut?.status).toBe("flat");
  });

  it("does not end one that the operator widened in the moment it was over", async () => {
    const world = new World();
    world.position({ symbol: "BAC", quantity: 100, explained: false });
    const { begin, look, keeper, sent } = kept(world, { onOrder: fills });
    await begin();
    const looking = look();
    await Promise.all([looking, begin("everything")]);
    expect(keeper.current).toMatchObject({ scope: "everything", status: "running" });
    await look(6000);
    expect(sent.map(({ symbol }) => symbol)).toEqual(["BAC"]);
  });
});
