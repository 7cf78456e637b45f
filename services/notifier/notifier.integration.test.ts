import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bus, decode, readBatch } from "#libs/bus/mod.ts";
import {
  type Alert,
  alertMessage,
  controlMessage,
  type Delivery,
  deliveryMessage,
  deniedMessage,
  fillMessage,
  type GatewayStatus,
  gatewayStatusMessage,
  type Health,
  healthMessage,
  matches,
  orderEventMessage,
  orderEventSchema,
  orderIntentSchema,
  type Severity,
} from "#libs/contracts/mod.ts";
import type { Service } from "#libs/service/mod.ts";
import { MarketClock, monotonicNowMs } from "#libs/time/mod.ts";
import { type AcceptedMessage, type FakeDiscord, startFakeDiscord } from "../../cli/demo/discord/mod.ts";
import { ANSWERED_MS, within } from "../../tests/harness/answers.ts";
import { eventually, MemoryLogger, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { startNotifier } from "./notifier.ts";

/** Fast, so that Discord's own limits are what holds the notifier back. */
const FAST = { burst: 100, refillMs: 1 };

let platform: TestBus;
let discord: FakeDiscord;
let risk: Bus;
let operator: Bus;
let logger: MemoryLogger;
const running: Service[] = [];

beforeEach(async () => {
  platform = await startBus();
  discord = await startFakeDiscord({ perWebhook: { requests: 5, windowMs: 300 }, perChannel: null });
  logger = new MemoryLogger();
  [risk, operator] = await Promise.all([platform.connect("risk"), platform.connect("operator")]);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
  await discord.stop();
  await platform.stop();
});

/** A message that Discord took, and whose answer comes too late for the notifier, is sent again: none does here. */
const PATIENT = { connectMs: 15_000, answerMs: 15_000 };

async function start({
  webhookUrl = discord.webhookUrl,
  pace = FAST,
  busAwayAfterMs = 60_000,
  timeouts = PATIENT,
} = {}): Promise<Service> {
  const bus = await platform.connect("notifier", { logger });
  const clock = new MarketClock();
  clock.set({ marketTimeMs: Date.UTC(2026, 10, 23, 14, 31), atMonotonicMs: monotonicNowMs(), speed: 1 });
  const settings = { discordWebhookUrl: webhookUrl };
  const service = await startNotifier({ bus, clock, mode: "dry-run", settings }, { pace, busAwayAfterMs, timeouts });
  running.push(service);
  return service;
}

const alertOf = (severity: Severity, title: string, change: Partial<Alert> = {}): Alert => ({
  severity,
  code: "TEST_ALERT",
  title,
  text: "",
  fields: [],
  ...change,
});

/** Titles of our test alerts in a message, in the order in which they stand there. */
const titlesIn = (message: AcceptedMessage): string[] =>
  message.embeds.flatMap((embed) => `${embed.title}\n${embed.description ?? ""}`.match(/alert \d+/g) ?? []);

async function stored(): Promise<{ alerts: Alert[]; receipts: Delivery[] }> {
  const alerts: Alert[] = [];
  const receipts: Delivery[] = [];
  for (let from = 1; ; ) {
    const batch = await readBatch(operator, "ALERTS", from);
    if (batch.length === 0) return { alerts, receipts };
    for (const message of batch) {
      from = message.seq + 1;
      const alert = matches(alertMessage.wildcard, message.subject) ? decode(alertMessage, message.data) : undefined;
      const receipt = alert ? undefined : decode(deliveryMessage, message.data);
      if (alert?.ok) alerts.push(alert.envelope.data);
      if (receipt?.ok) receipts.push(receipt.envelope.data);
    }
  }
}

const alerted = (code: string) =>
  eventually(`the alert ${code}`, async () => (await stored()).alerts.some((alert) => alert.code === code));

async function unsettled(): Promise<number> {
  const bus = await platform.connect("notifier");
  const info = await bus.manager.consumers.info("ALERTS", "notifier");
  await bus.close();
  return info.num_ack_pending + info.num_pending;
}

describe("alerts", () => {
  it("arrive through a storm: 100 in a second against 429s, each critical alone and in order, the rest in digests", async () => {
    const service = await start();
    const severities: Severity[] = Array.from({ length: 100 }, (_, index) =>
      index % 7 === 3 ? "critical" : index % 7 === 5 ? "warning" : "info",
    );
    // All are there before Discord takes the first, or a machine that stores them slowly finds nothing to put together.
    await discord.behave({ kind: "rate-limit", scope: "shared", retryAfterSeconds: 0.4 });
    await Promise.all(severities.map((severity, index) => risk.alert(alertOf(severity, `alert ${index}`))));
    await eventually("all wait", () => service.health().figures["queue length"] === 100);
    discord.next(
      { kind: "cloudflare-rate-limit", retryAfterSeconds: 1 },
      { kind: "rate-limit", scope: "global", retryAfterSeconds: 0.2 },
    );
    await discord.behave({ kind: "normal" });
    await eventually("everything is delivered and settled", async () => (await unsettled()) === 0, 30_000);

    const delivered = discord.accepted.map(titlesIn);
    expect(delivered.flat().sort()).toEqual(severities.map((_, index) => `alert ${index}`).sort());
    const criticals = severities.flatMap((severity, index) => (severity === "critical" ? [`alert ${index}`] : []));
    const carrying = delivered.filter((titles) => titles.some((title) => criticals.includes(title)));
    expect(carrying).toEqual(criticals.map((title) => [title]));
    expect(discord.accepted.length).toBeLessThan(criticals.length + 20);
    expect(discord.mostAtOnce).toBe(1);
    const { receipts } = await stored();
    expect(receipts.map(({ outcome }) => outcome)).toEqual(Array(100).fill("delivered"));
    expect(new Set(receipts.map(({ alertId }) => alertId)).size).toBe(100);
    expect(new Set(receipts.map(({ discordMessageId }) => discordMessageId)).size).toBe(discord.accepted.length);
    expect(service.health()).toMatchObject({
      status: "ok",
      figures: { "queue length": 0, "delivered today": 100 },
    });
  });

  it("wait on the disk while Discord is out of reach, and all arrive when it is back", async () => {
    await discord.behave({ kind: "refuse" });
    const service = await start();
    for (let index = 0; index < 5; index += 1) await risk.alert(alertOf("critical", `alert ${index}`));
    await eventually("the outage has a name", () => service.health().status === "degraded");
    expect(service.health().detail).toContain("out of reach");
    expect(await unsettled()).toBeGreaterThanOrEqual(5);
    await discord.behave({ kind: "normal" });
    await eventually("everything is delivered", async () => (await unsettled()) === 0);
    expect(discord.accepted.flatMap(titlesIn)).toEqual([0, 1, 2, 3, 4].map((index) => `alert ${index}`));
    for (const code of ["DISCORD_UNREACHABLE", "DISCORD_BACK"]) await alerted(code);
    expect(service.health().status).toBe("ok");
  });

  it("stop at a deleted webhook: one request, a named state, everything kept, until the operator's test succeeds", async () => {
    await discord.behave({ kind: "unknown-webhook" });
    const service = await start();
    await risk.alert(alertOf("critical", "alert 1"));
    await eventually("the state has a name", () => service.health().status === "degraded");
    expect(service.health().detail).toContain("the webhook does not exist");
    await risk.alert(alertOf("critical", "alert 2"));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(discord.requests).toHaveLength(1);
    expect(logger.lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: expect.stringContaining("Discord refuses the webhook") },
    ]);
    await alerted("DISCORD_WEBHOOK_REFUSED");

    const ask = () =>
      within(ANSWERED_MS.operator, () =>
        operator.request(controlMessage, ["notifier", "test"], { reason: "does it work?" }, { timeoutMs: 15_000 }),
      );
    expect(await ask()).toMatchObject({ ok: false, message: expect.stringContaining("Discord refuses the webhook") });
    expect(discord.requests).toHaveLength(2);

    await discord.behave({ kind: "normal" });
    expect(await ask()).toMatchObject({
      ok: true,
      message: expect.stringMatching(/^Delivered: Discord's message \d+/),
    });
    await eventually("what was kept is delivered", async () => (await unsettled()) === 0);
    expect(discord.accepted.flatMap(titlesIn)).toEqual(["alert 1", "alert 2"]);
    expect(service.health().status).toBe("ok");
  });

  it("are kept in the stream, with a receipt that says so, when there is no webhook", async () => {
    const service = await start({ webhookUrl: "" });
    await risk.alert(alertOf("critical", "alert 1"));
    await risk.alert(alertOf("info", "alert 2"));
    await eventually("both are settled", async () => (await unsettled()) === 0);
    expect((await stored()).receipts).toMatchObject([{ outcome: "kept" }, { outcome: "kept" }]);
    expect(service.health()).toMatchObject({ status: "ok", detail: "no webhook: alerts are kept in the ledger" });
    expect(logger.lines.filter(({ message }) => message.startsWith("no webhook"))).toHaveLength(1);
    expect(
      await within(ANSWERED_MS.control, () =>
        operator.request(controlMessage, ["notifier", "test"], { reason: "" }, { timeoutMs: 15_000 }),
      ),
    ).toMatchObject({ ok: false, message: expect.stringContaining("DISCORD_WEBHOOK_URL") });
  });

  it("that were delivered before a kill are not sent again: the receipt counts, not the acknowledgement", async () => {
    await risk.alert(alertOf("critical", "alert 1"), { id: "delivered-before" });
    await risk.alert(alertOf("critical", "alert 2"), { id: "not-delivered" });
    const before = await platform.connect("notifier");
    const [first] = await readBatch(before, "ALERTS", 1);
    const envelope = first ? decode(alertMessage, first.data) : undefined;
    if (!envelope?.ok) throw new Error("the alert is not in the stream");
    await before.record(deliveryMessage, [], {
      alertId: "delivered-before",
      alertPublishedAt: envelope.envelope.publishedAt,
      outcome: "delivered",
      discordMessageId: "1",
      detail: "",
    });
    await before.close();
    const service = await start();
    await eventually("both are settled", async () => (await unsettled()) === 0);
    expect(discord.accepted.flatMap(titlesIn)).toEqual(["alert 2"]);
    expect(service.health().figures["delivered today"]).toBe(2);
  });

  // Windows has no way to stop a process for a while.
  it.skipIf(process.platform === "win32")("wait for the receipt of the one before: a kill repeats one", async () => {
    const service = await start();
    await discord.behave({ kind: "rate-limit", scope: "shared", retryAfterSeconds: 0.4 });
    for (let index = 0; index < 5; index += 1) await risk.alert(alertOf("critical", `alert ${index}`));
    await eventually("all wait", () => service.health().figures["queue length"] === 5);
    const { pid } = platform.server();
    process.kill(pid, "SIGSTOP");
    try {
      await discord.behave({ kind: "normal" });
      await eventually("the first is delivered", () => discord.accepted.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(discord.accepted).toHaveLength(1);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await eventually("everything is delivered and settled", async () => (await unsettled()) === 0, 30_000);
    expect(discord.accepted.flatMap(titlesIn)).toEqual(["alert 0", "alert 1", "alert 2", "alert 3", "alert 4"]);
  });

  it("survive a kill of the bus in the middle, none lost and none twice", async () => {
    await start();
    for (let index = 0; index < 12; index += 1) await risk.alert(alertOf("critical", `alert ${index}`));
    await eventually("some are delivered", () => discord.accepted.length >= 3);
    await platform.crash({ downMs: 300 });
    for (let index = 12; index < 15; index += 1) await risk.alert(alertOf("critical", `alert ${index}`));
    await eventually("all are delivered", () => discord.accepted.flatMap(titlesIn).length >= 15, 30_000);
    expect(discord.accepted.flatMap(titlesIn)).toEqual(Array.from({ length: 15 }, (_, index) => `alert ${index}`));
    await eventually("every receipt is written", async () => (await stored()).receipts.length >= 15);
    const told = () => discord.accepted.map(({ body }) => body).join();
    await eventually("the absence of the bus is told, too", () => /The bus is back after \d+ s/.test(told()));
  });

  it("about the bus itself go to Discord without it", async () => {
    await start({ busAwayAfterMs: 1000 });
    await platform.server().kill();
    await eventually("its absence is told", () => discord.accepted.length > 0);
    expect(discord.accepted[0]?.content).toMatch(/The bus is away/);
    await platform.crash();
    await eventually("the return is told", () => discord.accepted.some(({ body }) => body.includes("The bus is back")));
    await eventually("only what is in the stream has a receipt", async () => (await stored()).receipts.length === 1);
    expect(discord.accepted).toHaveLength(2);
  });

  it("never show the webhook's address, whatever fails", async () => {
    const token = new URL(discord.webhookUrl).pathname.split("/").at(-1) ?? "";
    discord.next(
      { kind: "reset" },
      { kind: "hang" },
      { kind: "status", status: 500 },
      { kind: "status", status: 400, code: 50035 },
    );
    const service = await start({ timeouts: { connectMs: 500, answerMs: 500 } });
    await risk.alert(alertOf("critical", "alert 1", { text: `someone pasted ${discord.webhookUrl} here` }));
    await eventually("it is delivered", async () => (await unsettled()) === 0, 20_000);
    await discord.behave({ kind: "refuse" });
    await risk.alert(alertOf("critical", "alert 2"));
    await eventually("it failed", () =>
      logger.lines.some(({ fields }) => JSON.stringify(fields).includes("ECONNREFUSED")),
    );
    await discord.behave({ kind: "status", status: 401, code: 50027 });
    await eventually("it stopped", () => service.health().detail.includes("Discord refuses"));
    const { alerts, receipts } = await stored();
    const own = alerts.filter(({ code }) => code !== "TEST_ALERT");
    for (const text of [logger.lines, own, receipts, service.health(), discord.accepted].map((it) =>
      JSON.stringify(it),
    )) {
      expect(text).not.toContain(token);
    }
    expect(discord.accepted[0]?.body).toContain("(webhook)");
  });
});

describe("the ledger's news", () => {
  const intent = (clientOrderId: string) =>
    orderIntentSchema.parse({
      clientOrderId,
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
    });

  async function fillOrder(bridge: Bus, clientOrderId: string): Promise<void> {
    const order = orderEventSchema.parse({
      clientOrderId,
      parentClientOrderId: null,
      symbol: "SPY",
      side: "buy",
      status: "filled",
      orderId: 1,
      permId: 1,
      filledQuantity: 100,
      leavesQuantity: 0,
      averagePrice: 168.12,
      reason: null,
    });
    const executionId = `x-${clientOrderId}`;
    await bridge.record(fillMessage, ["SPY"], {
      kind: "execution",
      executionId,
      corrects: null,
      clientOrderId: order.clientOrderId,
      permId: 1,
      account: "DU1",
      symbol: "SPY",
      side: "buy",
      quantity: 100,
      price: 168.12,
      executedAt: 1,
    });
    await bridge.record(orderEventMessage, [clientOrderId], order);
    await bridge.record(fillMessage, ["SPY"], { kind: "commission", executionId, symbol: "SPY", commission: 1 });
  }

  it("is told once, also what happened while the notifier was away", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const first = await start();
    await fillOrder(bridge, "o1");
    await eventually("the fill is told", () => discord.accepted.some(({ body }) => body.includes("Bought 100 SPY")));
    expect(discord.accepted[0]?.embeds[0]?.fields).toContainEqual({
      name: "commission",
      value: "1.00 USD",
      inline: true,
    });
    await running.splice(running.indexOf(first), 1)[0]?.stop();

    await fillOrder(bridge, "o2");
    await risk.record(deniedMessage, ["d1"], {
      intent: intent("d1"),
      reasons: [{ code: "STALE_QUOTE", detail: "age=5" }],
    });
    await risk.record(deniedMessage, ["d2"], {
      intent: intent("d2"),
      reasons: [{ code: "STALE_QUOTE", detail: "age=6" }],
    });
    await start();
    await eventually("both are told", async () => (await stored()).receipts.length === 3);
    const { alerts } = await stored();
    expect(alerts.map(({ title }) => title)).toEqual([
      "Bought 100 SPY at 168.12",
      "Bought 100 SPY at 168.12",
      "Denied: 2 orders",
    ]);
  });
});

describe("the other services", () => {
  const READY: GatewayStatus = {
    state: "ready",
    reason: "",
    acceptsOrders: true,
    frozen: false,
    attempt: 1,
    account: "DU1234567",
    serverVersion: 193,
    lastOutage: null,
  };

  it("are in the message of the start, and are named when they fall silent and when they are back", async () => {
    const buses = {
      "gateway-bridge": await platform.connect("gateway-bridge"),
      strategy: await platform.connect("strategy"),
      risk,
    };
    const beating = new Set<keyof typeof buses>(["gateway-bridge", "strategy", "risk"]);
    const beat = (service: keyof typeof buses): Health => ({
      service,
      status: "ok",
      detail: "",
      pid: 4711,
      uptimeSeconds: 1,
      memoryBytes: 1,
      figures: {},
    });
    const beats = setInterval(() => {
      for (const service of beating) buses[service].publish(healthMessage, [service], beat(service));
    }, 500);
    try {
      await start();
      await buses["gateway-bridge"].record(gatewayStatusMessage, [], READY);
      const sent = (text: string) => discord.accepted.some(({ body }) => body.includes(text));
      await eventually("the start is announced", () => sent("Crucible has started in dry-run"));
      expect(discord.accepted[0]?.embeds[0]?.fields).toContainEqual({
        name: "healthy",
        value: "3 of 3 services",
        inline: true,
      });
      beating.delete("strategy");
      await eventually("the silence is told", () => sent("strategy is silent"));
      expect(discord.accepted.at(-1)?.content).toMatch(/CRITICAL/);
      beating.add("strategy");
      await eventually("the return is told", () => sent("strategy is back after"));
      expect(discord.accepted).toHaveLength(3);
    } finally {
      clearInterval(beats);
    }
  });
});
