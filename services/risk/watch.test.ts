import { describe, expect, it } from "vitest";
import { type Bus, StreamFullError } from "#libs/bus/mod.ts";
import { type Alert, type RiskState, riskStateMessage } from "#libs/contracts/mod.ts";
import { DAILY_LOSS } from "./checks/daily-loss.ts";
import { command } from "./operator.ts";
import { World } from "./testing/world.ts";
import { TradingControl } from "./trading-control.ts";
import { Watch } from "./watch.ts";

const TODAY = "2026-11-24";

/** A world whose ledger takes what the watch records, and gives it back to the fold when it is told to. */
function watched(world: World) {
  const waiting: RiskState[] = [];
  const alerts: Alert[] = [];
  const disk = { full: false };
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  // Only what the watch uses of a bus; the real one is in service.integration.test.ts.
  const bus = {
    up: true,
    record: async (message: { name: string }, _: unknown, data: unknown) => {
      if (disk.full) throw new StreamFullError("LEDGER");
      if (message.name === riskStateMessage.name) waiting.push(data as RiskState);
      return { outcome: "stored", sequence: 1 };
    },
    alert: async (alert: Alert) => void alerts.push(alert),
    context: { logger: silent },
  } as unknown as Bus;
  const view = () => ({ ...world.view(), trading: control.current });
  const control: TradingControl = new TradingControl({
    bus,
    recorded: () => world.book.trading,
    view,
    now: () => world.now(),
  });
  const watch = new Watch({ bus, control, view, now: () => world.now(), recordedUses: [], recordedDay: null });
  /** The fold reads back what was recorded. */
  const readBack = () => {
    for (const state of waiting.splice(0)) {
      world.feed(riskStateMessage, state);
      control.onRecorded();
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
  return { control, view, look, readBack, alerts, disk, codes: () => alerts.map(({ code }) => code) };
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
    const answer = command("reduce", "I want to look at it", service.control, service.view());
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: true });
    service.readBack();
    nextMorning(world);
    await service.look();
    expect(service.control.current).toMatchObject({ tradingState: "reducing", setBy: "operator" });
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
    await expect(command("halt", "stop", service.control, service.view())).rejects.toThrow(StreamFullError);
    expect(service.control.current.tradingState).toBe("halted");
    service.disk.full = false;
    expect(await command("halt", "stop", service.control, service.view())).toMatchObject({ ok: true });
    service.readBack();
    expect(world.book.trading.tradingState).toBe("halted");
  });

  it("does not outlast a later resume", async () => {
    const world = new World();
    const service = watched(world);
    await service.look();
    service.disk.full = true;
    await expect(command("halt", "stop", service.control, service.view())).rejects.toThrow(StreamFullError);
    service.disk.full = false;
    const answer = command("resume", "go on", service.control, service.view());
    setTimeout(service.readBack, 5);
    expect(await answer).toMatchObject({ ok: true });
    expect(service.control.current.tradingState).toBe("active");
  });
});

describe("the loss alert", () => {
  it("is raised at a later look when it could not be kept", async () => {
    const world = new World();
    const service = watched(world);
    await service.look();
    world.trade("buy", 90);
    world.quote("SPY", 70);
    service.disk.full = true;
    await expect(service.look(1)).rejects.toThrow(StreamFullError);
    service.disk.full = false;
    await service.look();
    expect(service.codes()).toContain("DAILY_LOSS_BREACHED");
    expect(world.book.trading).toMatchObject({ tradingState: "reducing", setBy: DAILY_LOSS });
  });
});
