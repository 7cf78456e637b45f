import { describe, expect, it } from "vitest";
import { type Bus, StreamFullError } from "#libs/bus/mod.ts";
import {
  type AccountSummary,
  type Alert,
  type CloseOut,
  clientOrderIdSchema,
  closeOutMessage,
  type LimitUse,
  limitUseMessage,
  type RiskState,
  riskStateMessage,
} from "#libs/contracts/mod.ts";
import { CloseOutKeeper } from "./close-out/keeper.ts";
import { command } from "./operator.ts";
import type { TripActions } from "./post-trade/actions.ts";
import { DayPeak } from "./post-trade/day-peak.ts";
import { LimitWatch, type RecordedUse } from "./post-trade/limit-watch.ts";
import { DAILY_DRAWDOWN, DAILY_LOSS } from "./post-trade/limits.ts";
import { intent, World } from "./testing/world.ts";
import { TradingControl } from "./trading-control.ts";
import { Watch } from "./watch.ts";

const TODAY = "2026-11-24";
const BRACKET = {
  stopLoss: { clientOrderId: clientOrderIdSchema.parse("b-stop"), stopPrice: 95 },
  takeProfit: { clientOrderId: clientOrderIdSchema.parse("b-target"), limitPrice: 110 },
};

/** A world whose ledger takes what the watch records, and gives it back to the fold when it is told to. */
function watched(
  world: World,
  actions: TripActions = { [DAILY_LOSS]: "block" },
  recordedUses: readonly RecordedUse[] = [],
) {
  const waiting: RiskState[] = [];
  const closeOuts: CloseOut[] = [];
  const uses = new Map<string, RecordedUse>();
  const alerts: Alert[] = [];
  const canceled: string[] = [];
  const disk = { full: false };
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  // Only what the watch uses of a bus; the real one is in service.integration.test.ts.
  const bus = {
    up: true,
    record: async (message: { name: string }, _: unknown, data: unknown) => {
      if (disk.full) throw new StreamFullError("LEDGER");
      if (message.name === riskStateMessage.name) waiting.push(data as RiskState);
      if (message.name === closeOutMessage.name) closeOuts.push(data as CloseOut);
      if (message.name === limitUseMessage.name) {
        const use = data as LimitUse;
        uses.set(use.name, { ...use, tradingDay: world.book.session?.tradingDay ?? null });
      }
      return { outcome: "stored", sequence: 1 };
    },
    alert: async (alert: Alert) => void alerts.push(alert),
    request: async (_: unknown, __: unknown, { clientOrderId }: { clientOrderId: string }) => {
      canceled.push(clientOrderId);
      return { ok: true, message: "" };
    },
    context: { logger: silent },
  } as unknown as Bus;
  const peak = new DayPeak();
  const view = () => ({ ...world.view(), trading: control.current, peakDayProfit: peak.of(world.book) });
  const control: TradingControl = new TradingControl({
    bus,
    recorded: () => world.book.trading,
    view,
    now: () => world.now(),
  });
  const now = () => world.now();
  const keeper = new CloseOutKeeper({ bus, view, now, decide: () => Promise.reject(new Error("nothing to close")) });
  const limits = new LimitWatch({ bus, control, view, now, actions, closeOut: keeper, recordedUses });
  const closeOutRuns = () => keeper.isRunning;
  const watch = new Watch({ bus, control, peak, view, now, limits, closeOutRuns, recordedUses });
  const ask = (verb: "halt" | "reduce" | "resume" | "flatten", reason: string, override?: string[]) =>
    command(verb, { reason, ...(override ? { override } : {}) }, { control, keeper, view });
  /** The fold reads back what was recorded. */
  const readBack = () => {
    for (const state of waiting.splice(0)) {
      world.feed(riskStateMessage, state);
      control.onRecorded();
    }
    for (const closeOut of closeOuts.splice(0)) {
      world.feed(closeOutMessage, closeOut);
      keeper.onRecorded(closeOut);
    }
  };
  const look = async (times = 3) => {
    for (let n = 0; n < times; n += 1) {
      const looking = watch.look();
      // A looser state is in force when the fold has it, and the one who sets it waits for that.
      setTimeout(readBack, 5);
      await looking;
      readBack();
    }
  };
  const codes = () => alerts.map(({ code }) => code);
  return { control, keeper, watch, uses, view, ask, look, readBack, alerts, canceled, disk, codes };
}

/** A hundred SPY, bought yesterday at 100 and worth 70 since: yesterday's limit of 2,000 USD is passed. */
async function lossOfYesterday() {
  const world = new World();
  const service = watched(world);
  await service.look();
  world.trade("buy", 90);
  world.quote("SPY", 70);
  await service.look();
  expect(service.control.current).toMatchObject({ tradingState: "reducing", setBy: DAILY_LOSS });
  return { world, service };
}

function nextMorning(world: World): void {
  world.setTime(TODAY, "06:00");
  world.quote("SPY", 70);
  world.summary({ netLiquidation: 97_300, previousDayEquity: 97_300 });
}

describe("a new session day", () => {
  it("does not count yesterday's loss on what is held again", async () => {
    const { world, service } = await lossOfYesterday();
    nextMorning(world);
    await service.look();
    expect(service.control.current.tradingState).toBe("active");
    expect(service.codes().filter((code) => code === "DAILY_LOSS_BREACHED")).toHaveLength(1);
    world.quote("SPY", 69);
    await service.look();
    expect(world.book.recorded?.openingPrices).toEqual({ SPY: 70 });
    expect(service.control.current.tradingState).toBe("active");
  });

  it("takes no price of the day before for the opening price", async () => {
    const { world, service } = await lossOfYesterday();
    world.monotonicMs += 14 * 3_600_000;
    world.setTime(TODAY, "06:00");
    world.summary({ netLiquidation: 97_300 });
    await service.look();
    expect(world.book.recorded).toMatchObject({ tradingDay: TODAY, openingPrices: {} });
    world.quote("SPY", 60);
    await service.look();
    expect(world.book.recorded?.openingPrices).toEqual({ SPY: 60 });
  });

  it("ends the daily loss of the day before also when its figures were recorded already", async () => {
    const { world, service } = await lossOfYesterday();
    nextMorning(world);
    await service.control.recordFigures({});
    service.readBack();
    await service.look();
    expect(service.control.current.tradingState).toBe("active");
  });

  it("is recorded at a later look when the ledger did not take it", async () => {
    const { world, service } = await lossOfYesterday();
    nextMorning(world);
    service.disk.full = true;
    await expect(service.look(1)).rejects.toThrow(StreamFullError);
    service.disk.full = false;
    await service.look();
    expect(service.control.current.tradingState).toBe("active");
    expect(world.book.recorded?.tradingDay).toBe(TODAY);
  });

  it(`leaves what the operator has set, also when ${DAILY_LOSS} had set the same before`, async () => {
    const { world, service } = await lossOfYesterday();
    const answer = service.ask("reduce", "I want to look at it");
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: true });
    service.readBack();
    nextMorning(world);
    await service.look();
    expect(service.control.current).toMatchObject({ tradingState: "reducing", setBy: "operator" });
  });
});

describe("another day-trading rule than before", () => {
  const UNLIMITED: AccountSummary["dayTradesRemaining"] = [-1, -1, -1, -1, -1];
  const told = (service: ReturnType<typeof watched>) =>
    service.alerts.flatMap(({ code, title }) => (code === "DAY_TRADE_REGIME_CHANGED" ? [title] : []));
  const CHANGED = "Day trading rule is now pattern-day-trader, it was intraday-margin";

  it("is told once, within the day, and not at the first start", async () => {
    const world = new World({ dayTradesRemaining: UNLIMITED });
    const service = watched(world);
    await service.look();
    expect(told(service)).toEqual([]);
    world.summary();
    await service.look();
    expect(told(service)).toEqual([CHANGED]);
    const again = watched(world);
    await again.look();
    expect(told(again)).toEqual([]);
  });

  it("is told also when something else had it recorded before the next look", async () => {
    const world = new World({ dayTradesRemaining: UNLIMITED });
    const service = watched(world);
    await service.look();
    world.summary();
    await service.control.recordFigures({});
    service.readBack();
    await service.look();
    expect(told(service)).toEqual([CHANGED]);
  });

  it("is told before it is recorded: a kill in between tells it again, and loses nothing (law 8)", async () => {
    const world = new World({ dayTradesRemaining: UNLIMITED });
    const service = watched(world);
    await service.look();
    world.summary();
    service.disk.full = true;
    await expect(service.look(1)).rejects.toThrow(StreamFullError);
    expect(told(service)).toEqual([CHANGED]);
  });
});

describe("the first start", () => {
  it("is recorded in words for the operator, with the time at which it was", async () => {
    const world = new World();
    await watched(world).look();
    const [state] = world.ledger.flatMap((event) => event.as(riskStateMessage)?.data ?? []);
    expect(state).toMatchObject({ tradingState: "active", reason: "first start", since: world.marketMs });
  });
});

describe("a command that the ledger did not take", () => {
  it("is in force at once, and recorded when it is given again: a halt outlives the process (law 6)", async () => {
    const world = new World();
    const service = watched(world);
    await service.look();
    service.disk.full = true;
    await expect(service.ask("halt", "stop")).rejects.toThrow(StreamFullError);
    expect(service.control.current.tradingState).toBe("halted");
    service.disk.full = false;
    expect(await service.ask("halt", "stop")).toMatchObject({ ok: true });
    service.readBack();
    expect(world.book.trading.tradingState).toBe("halted");
  });

  it("does not outlast a later resume", async () => {
    const world = new World();
    const service = watched(world);
    await service.look();
    service.disk.full = true;
    await expect(service.ask("halt", "stop")).rejects.toThrow(StreamFullError);
    service.disk.full = false;
    const answer = service.ask("resume", "go on");
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: true });
    expect(service.control.current.tradingState).toBe("active");
  });
});

describe("a resume", () => {
  it("is refused while the day's loss is beyond its limit, and passes when that is overridden by name", async () => {
    const { world, service } = await lossOfYesterday();
    expect(await service.ask("resume", "go on")).toMatchObject({ ok: false });
    expect((await service.ask("resume", "go on", ["LOSS"])).message).toContain("LOSS is no cause");
    const answer = service.ask("resume", "I know", [DAILY_LOSS]);
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: true });
    await service.look();
    expect(service.control.current.tradingState).toBe("active");
    expect(world.codes(intent({ symbol: "IBM", quantity: 1 }))).toEqual([]);
  });

  it("is not undone by figures of the session day that are recorded in the same moment", async () => {
    const world = new World();
    world.riskState({ tradingState: "reducing", setBy: "operator", since: 1 });
    const service = watched(world);
    const answer = service.ask("resume", "go on");
    const figures = service.control.recordFigures({});
    setTimeout(service.readBack, 5);
    await Promise.all([answer, figures]);
    service.readBack();
    expect(service.control.current.tradingState).toBe("active");
    expect(world.book.trading.tradingState).toBe("active");
  });

  it("overrides nothing ahead, and says so", async () => {
    const world = new World();
    const service = watched(world);
    expect(await service.ask("resume", "go on", [DAILY_LOSS])).toMatchObject({
      ok: false,
      message: expect.stringContaining("nothing was overridden"),
    });
    expect(await service.ask("resume", "go on")).toMatchObject({ ok: true });
  });

  it("takes a cause in small letters", async () => {
    const { service } = await lossOfYesterday();
    const answer = service.ask("resume", "I know", ["daily_loss"]);
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: true });
  });

  it("with an override holds for the session day only, also over a kill", async () => {
    const { world, service } = await lossOfYesterday();
    const answer = service.ask("resume", "I know", [DAILY_LOSS]);
    setTimeout(service.readBack, 5);
    await answer;
    await service.look();
    expect(world.replayed().recorded?.overridden).toEqual([DAILY_LOSS]);
    nextMorning(world);
    await service.look();
    expect(world.book.recorded).toMatchObject({ tradingDay: TODAY, overridden: [] });
  });
});

describe("a ledger that went backwards", () => {
  it("stays the cause through what the operator sets, and is resumed by its name only", async () => {
    const world = new World();
    const service = watched(world);
    await service.look();
    await service.control.change("reducing", "LEDGER_WENT_BACKWARDS", "it ends too soon");
    service.readBack();
    for (const verb of ["halt", "reduce"] as const) {
      const answer = service.ask(verb, "let me look");
      setTimeout(service.readBack, 5);
      expect(await answer).toMatchObject({ ok: true });
      service.readBack();
      expect((await service.ask("resume", "go on")).message).toContain("LEDGER_WENT_BACKWARDS");
    }
    const answer = service.ask("resume", "I have looked", ["LEDGER_WENT_BACKWARDS"]);
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: true });
  });
});

describe("the loss alert", () => {
  it("is raised once also while the ledger takes nothing, and the state is recorded when it does", async () => {
    const world = new World();
    const service = watched(world);
    await service.look();
    world.trade("buy", 90);
    world.quote("SPY", 70);
    service.disk.full = true;
    await expect(service.look(1)).rejects.toThrow(StreamFullError);
    expect(service.codes()).toContain("DAILY_LOSS_BREACHED");
    expect(service.control.current).toMatchObject({ tradingState: "reducing", setBy: DAILY_LOSS });
    service.disk.full = false;
    await service.look();
    expect(service.codes().filter((code) => code === "DAILY_LOSS_BREACHED")).toHaveLength(1);
    expect(world.book.trading).toMatchObject({ tradingState: "reducing", setBy: DAILY_LOSS });
  });
});

describe("the day's highest profit", () => {
  it("outlives a kill: it is recorded as it rises, and a fall is measured from it afterwards", async () => {
    const world = new World();
    world.trade("buy", 90);
    const before = watched(world);
    await before.look();
    world.summary({ netLiquidation: 102_000 });
    world.quote("SPY", 120);
    await before.look();
    expect(world.book.recorded?.peakDayProfit).toBe(1800);

    world.book = world.replayed();
    world.quote("SPY", 90);
    const after = watched(world);
    expect(after.view().peakDayProfit).toBe(1800);
    world.limits = { ...world.limits, maxDailyDrawdownFraction: 0.02 };
    world.change = { peakDayProfit: after.view().peakDayProfit };
    expect(world.codes(intent({ symbol: "IBM" }))).toEqual(["DAILY_DRAWDOWN"]);
  });

  it("is not written down with every tick, and begins anew with the session day", async () => {
    const world = new World();
    world.trade("buy", 90);
    const service = watched(world);
    await service.look();
    world.summary({ netLiquidation: 102_000 });
    world.quote("SPY", 110);
    await service.look();
    const { length } = world.ledger;
    world.quote("SPY", 110.01);
    await service.look();
    expect(world.ledger).toHaveLength(length);
    expect(service.view().peakDayProfit).toBeCloseTo(900.9, 6);
    world.setTime(TODAY, "10:00");
    world.summary({ netLiquidation: 102_000 });
    await service.look();
    expect(service.view().peakDayProfit).toBe(0);
  });
});

describe("limits that flatten", () => {
  const BOTH = { [DAILY_LOSS]: "flatten", [DAILY_DRAWDOWN]: "flatten" } as const;
  /** Ninety SPY were held, and sold at a loss beyond both limits: flat already. */
  const beyondBoth = () => {
    const world = new World();
    world.trade("buy", 90);
    world.trade("sell", 90, { order: { type: "market" } }, 60);
    return world;
  };

  /** Looks once, and again when what is beyond has stood for long enough. */
  const lookWhileItLasts = async (world: World, service: ReturnType<typeof watched>) => {
    await service.look(1);
    world.monotonicMs += 1000;
    await service.look();
  };

  it("sell nothing for one bad quote, and stop entries from the first moment on", async () => {
    const world = new World();
    world.trade("buy", 90);
    const service = watched(world, BOTH);
    await service.look();
    world.quote("SPY", 60);
    await service.look(1);
    expect(world.codes(intent({ symbol: "IBM" }))).toContain(DAILY_LOSS);
    world.monotonicMs += 999;
    await service.look(1);
    world.quote("SPY", 100);
    await service.look(1);
    world.quote("SPY", 60);
    world.monotonicMs += 500;
    await service.look(1);
    expect(service.keeper.current).toBeNull();
    expect(service.control.current).toMatchObject({ tradingState: "reducing", setBy: DAILY_LOSS });
    expect(service.codes()).toContain("DAILY_LOSS_BREACHED");
    world.monotonicMs += 1000;
    world.quote("SPY", 60);
    await service.look();
    expect(service.keeper.current).toMatchObject({ status: "running", setBy: DAILY_LOSS });
    expect(service.codes().filter((code) => code === "DAILY_LOSS_BREACHED")).toHaveLength(1);
  });

  /** Looks four times a second for so long, at prices in turn. */
  const lookAt = async (world: World, service: ReturnType<typeof watched>, prices: readonly number[], ms: number) => {
    for (let n = 0; n * 250 < ms; n += 1) {
      world.monotonicMs += 250;
      world.quote("SPY", prices[n % prices.length] ?? 100);
      await service.look(1);
    }
  };

  it("close out for a loss that is beyond for longer than inside, and not for one that seldom is", async () => {
    const world = new World();
    world.trade("buy", 90);
    const service = watched(world, BOTH);
    await service.look();
    await lookAt(world, service, [60, 100, 100, 100], 20_000);
    expect(service.keeper.current).toBeNull();
    await lookAt(world, service, [60, 60, 60, 100], 5000);
    expect(service.keeper.current).toMatchObject({ status: "running", setBy: DAILY_LOSS });
  });

  it("close out once when two of them trip, and not in turns for ever", async () => {
    const world = beyondBoth();
    const service = watched(world, BOTH);
    for (let n = 0; n < 5; n += 1) {
      await lookWhileItLasts(world, service);
      await service.keeper.look();
      service.readBack();
    }
    expect(service.codes().filter((code) => code === "CLOSE_OUT_BEGUN")).toHaveLength(1);
    expect(service.codes().filter((code) => code === "CLOSE_OUT_FLAT")).toHaveLength(1);
  });

  it("close out after a kill between the state and the close-out when the loss still lasts, and not when it is over", async () => {
    for (const [price, status] of [
      [100, undefined],
      [60, "running"],
    ] as const) {
      const world = new World();
      world.trade("buy", 90);
      world.riskState({ tradingState: "reducing", setBy: DAILY_LOSS, since: world.marketMs ?? 0 });
      const service = watched(world, BOTH);
      await lookAt(world, service, [price], 2000);
      expect(service.keeper.current?.status).toBe(status);
    }
  });

  it("close out again what was opened after a resume by override", async () => {
    const world = beyondBoth();
    const service = watched(world, BOTH);
    await lookWhileItLasts(world, service);
    await service.keeper.look();
    service.readBack();
    const answer = service.ask("resume", "I know", [DAILY_LOSS]);
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: false });
    world.setTime("2026-11-23", "11:00");
    const again = service.ask("resume", "I know", [DAILY_LOSS, DAILY_DRAWDOWN]);
    setTimeout(service.readBack, 5);
    expect(await again).toMatchObject({ ok: true });
    world.setTime("2026-11-23", "12:00");
    world.riskState({ ...world.book.trading, overridden: [DAILY_LOSS] });
    await lookWhileItLasts(world, service);
    expect(service.keeper.current).toMatchObject({ status: "running", setBy: DAILY_DRAWDOWN });
  });

  it("keep trading reduced until what they close is closed, also into the next session day", async () => {
    const world = new World();
    world.trade("buy", 90);
    const service = watched(world, BOTH);
    await service.look();
    world.quote("SPY", 60);
    await lookWhileItLasts(world, service);
    expect(service.keeper.isRunning).toBe(true);
    nextMorning(world);
    world.quote("SPY", 60);
    await lookWhileItLasts(world, service);
    expect(world.book.recorded?.tradingDay).toBe(TODAY);
    expect(service.control.current).toMatchObject({ tradingState: "reducing", setBy: DAILY_LOSS });
    world.execution({ side: "sell", quantity: 90, price: 60 });
    await service.keeper.look();
    service.readBack();
    expect(service.keeper.current?.status).toBe("flat");
    await lookWhileItLasts(world, service);
    expect(service.control.current.tradingState).toBe("active");
  });
});

describe("the operator's flatten", () => {
  it("is the operator's state from then on, also when a limit had set the same: the next day does not lift it", async () => {
    const { world, service } = await lossOfYesterday();
    expect(await service.ask("flatten", "enough")).toMatchObject({ ok: true });
    service.readBack();
    world.execution({ side: "sell", quantity: 90, price: 70 });
    await service.keeper.look();
    service.readBack();
    nextMorning(world);
    await service.look();
    expect(service.control.current).toMatchObject({ tradingState: "reducing", setBy: "operator" });
  });
});

describe("a resume over a close-out", () => {
  it("says, also in the reason that is told, that the close-out ended unfinished: nobody is told anymore that all is flat", async () => {
    const { world, service } = await lossOfYesterday();
    await service.ask("flatten", "enough");
    service.readBack();
    expect(await service.ask("resume", "no", [DAILY_LOSS])).toMatchObject({ ok: false });
    const answer = service.ask("resume", "no", [DAILY_LOSS, "CLOSE_OUT"]);
    setTimeout(service.readBack, 5);
    const ended = expect.stringMatching(/the close-out is ended.*still held/);
    expect(await answer).toMatchObject({ ok: true, message: ended });
    expect(world.book.closeOut?.status).toBe("stopped");
    expect(service.control.current).toMatchObject({ tradingState: "active", reason: ended });
  });

  it("says nothing of one where none runs", async () => {
    const { service } = await lossOfYesterday();
    const answer = service.ask("resume", "go on", [DAILY_LOSS, "CLOSE_OUT"]);
    setTimeout(service.readBack, 5);
    expect((await answer).message).not.toContain("close-out");
  });
});

describe("a close-out that the ledger does not take", () => {
  it("cancels entries, leaves what protects, and goes on when the ledger takes it", async () => {
    const world = new World();
    const held = intent({ quantity: 5, bracket: BRACKET });
    world.decide(held);
    world.execution({ clientOrderId: held.clientOrderId, quantity: 5 });
    world.event(held.clientOrderId, "filled", { filledQuantity: 5 });
    const waiting = intent({ symbol: "IBM" });
    world.decide(waiting);
    world.riskState({ tradingState: "reducing", since: world.marketMs ?? 0 });
    const service = watched(world);
    service.disk.full = true;
    await expect(service.ask("flatten", "enough")).rejects.toThrow(StreamFullError);
    await service.keeper.look();
    expect(service.canceled).toEqual([waiting.clientOrderId]);
    service.disk.full = false;
    world.event(waiting.clientOrderId, "canceled");
    await service.keeper.look();
    service.readBack();
    expect(world.book.closeOut?.status).toBe("running");
    expect(service.canceled.slice(1)).toEqual(["b-stop", "b-target"]);
  });
});

describe("the warnings of a limit", () => {
  it("are told once a session day, also when its use falls and the process is killed", async () => {
    const world = new World();
    world.trade("buy", 90);
    const before = watched(world);
    await before.look();
    world.quote("SPY", 87);
    await before.look();
    const told = (service: typeof before) => service.codes().filter((code) => code.startsWith(DAILY_LOSS));
    expect(told(before)).toEqual(["DAILY_LOSS_WARNING"]);
    world.quote("SPY", 95);
    await before.look();
    await before.watch.recordUses();
    world.book = world.replayed();
    const after = watched(world, { [DAILY_LOSS]: "block" }, [...before.uses.values()]);
    await after.look();
    world.quote("SPY", 87);
    await after.look();
    expect(told(after)).toEqual([]);
    world.quote("SPY", 82);
    await after.look();
    expect(told(after)).toEqual(["DAILY_LOSS_WARNING"]);
  });
});

describe("day trades beyond the rule", () => {
  const SMALL = { netLiquidation: 20_000, previousDayEquity: 20_000 };
  const dayTrade = (world: World, symbol: string) => {
    world.execution({ symbol });
    world.execution({ symbol, side: "sell" });
  };

  it("are told when they came about, once each, and not again after a restart", async () => {
    const world = new World(SMALL);
    for (const symbol of ["SPY", "IBM", "BAC"]) dayTrade(world, symbol);
    const first = watched(world);
    await first.look();
    expect(first.codes()).not.toContain("DAY_TRADES_BREACHED");
    dayTrade(world, "QQQ");
    await first.look();
    await first.watch.recordUses();
    const told = first.alerts.filter(({ code }) => code === "DAY_TRADES_BREACHED");
    expect(told).toMatchObject([{ severity: "critical", fields: [{ value: "SPY, IBM, BAC, QQQ" }] }]);
    const second = watched(world, undefined, [...first.uses.values()]);
    await second.look();
    expect(second.codes()).not.toContain("DAY_TRADES_BREACHED");
    dayTrade(world, "QQQ");
    await second.look();
    expect(second.codes().filter((code) => code === "DAY_TRADES_BREACHED")).toHaveLength(1);
  });

  it("are told before they are on record, where the record comes first", async () => {
    const world = new World(SMALL);
    const service = watched(world);
    for (const symbol of ["SPY", "IBM", "BAC", "QQQ"]) dayTrade(world, symbol);
    await service.watch.recordUses();
    expect(service.codes()).toEqual(["DAY_TRADES_BREACHED"]);
    expect(service.uses.get("day-trades")?.used).toBe(4);
  });

  it("are none where the rule does not count them", async () => {
    const world = new World();
    const service = watched(world);
    for (const symbol of ["SPY", "IBM", "BAC", "QQQ"]) dayTrade(world, symbol);
    await service.look();
    expect(service.codes()).toEqual([]);
  });
});
