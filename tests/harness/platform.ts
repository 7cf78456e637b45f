import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { type Bus, connectBus } from "#libs/bus/mod.ts";
import { StreamLog } from "#libs/bus/testing/stream-log.ts";
import { parseSettings, type Settings } from "#libs/config/mod.ts";
import {
  type Decision,
  type Envelope,
  type gameplanSchema,
  intentMessage,
  type MessageType,
  type Mode,
  modeOf,
  type OrderEvent,
  type OrderIntent,
  orderEventMessage,
  orderIntentSchema,
  quoteMessage,
  type StreamName,
} from "#libs/contracts/mod.ts";
import { type FakeDiscord, startFakeDiscord } from "../../cli/demo/discord/mod.ts";
import { haveCleanedUp } from "../../cli/platform/custodian.ts";
import { type ManagedApp, openProcessManager, type ProcessManager } from "../../cli/platform/process-manager.ts";
import { startPlatform } from "../../cli/platform/start.ts";
import { stopPlatform } from "../../cli/platform/stop.ts";
import { appsFor } from "../../deployment/pm2/apps.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../../simulator/mod.ts";
import { eventually, MemoryLogger } from "./bus.ts";
import { claimPort } from "./port.ts";
import { TEST_FOLDER } from "./whole-run.ts";

export interface PlatformOptions {
  readonly mode?: Mode;
  readonly env?: Readonly<Record<string, string>>;
  readonly gateway?: SimulatedGatewayOptions;
  /** What the strategies do; by default nothing but keeping SPY's market data. */
  readonly gameplan?: z.input<typeof gameplanSchema>;
}

/** A Tuesday, in the middle of the session: whatever the day of the test run, the market is open. */
const MARKET_DATE = "2026-03-10";
const MARKET_START = "10:30";
const QUOTE_EVERY_MS = 300;

/**
 * The whole platform as production runs it: PM2 with a home of its own, the real processes, a real nats-server; with
 * the simulated gateway and a fake Discord in the hands of the test.
 */
export class TestPlatform {
  readonly folder: string;
  readonly settings: Settings;
  readonly gateway: SimulatedGateway;
  readonly discord: FakeDiscord;
  readonly manager: ProcessManager;
  readonly operator: Bus;
  readonly #release: () => Promise<void>;
  readonly #logs = new Map<StreamName, StreamLog>();
  #quoting: NodeJS.Timeout | undefined;
  #lastQuote = 100;

  private constructor(parts: {
    folder: string;
    settings: Settings;
    gateway: SimulatedGateway;
    discord: FakeDiscord;
    manager: ProcessManager;
    operator: Bus;
    release: () => Promise<void>;
  }) {
    this.#release = parts.release;
    this.folder = parts.folder;
    this.settings = parts.settings;
    this.gateway = parts.gateway;
    this.discord = parts.discord;
    this.manager = parts.manager;
    this.operator = parts.operator;
  }

  static async start(options: PlatformOptions = {}): Promise<TestPlatform> {
    const folder = await mkdtemp(join(tmpdir(), "crucible-e2e-"));
    await mkdir(join(folder, "pm2"));
    // A run of vitest is looked after as a whole; the bench is not one.
    const release = process.env[TEST_FOLDER] ? async () => undefined : haveCleanedUp(folder).release;
    process.env.PM2_HOME = join(folder, "pm2");
    const settings = parseSettings({
      DRY_RUN: String((options.mode ?? "dry-run") === "dry-run"),
      PAPER_TRADING: "true",
      IBKR_PORT: String(await claimPort()),
      NATS_PORT: String(await claimPort()),
      DATA_DIR: join(folder, "data"),
      GAMEPLAN_PATH: await writeGameplan(folder, options.gameplan ?? QUIET_GAMEPLAN),
      DRY_RUN_EQUITY_USD: "100000",
      CLOCK_DRIFT_ALERT_MS: "0",
      // A loaded test machine must not make quotes look stale, nor approvals late, unless a test asks for it.
      MAX_QUOTE_AGE_MS: "10000",
      APPROVAL_TTL_MS: "10000",
      ...options.env,
    });
    const gateway = await startSimulatedGateway({
      prices: "manual",
      port: settings.ibkrPort,
      date: MARKET_DATE,
      startTime: MARKET_START,
      account: "DU1234567",
      equityUsd: 100_000,
      ...options.gateway,
    });
    const discord = await startFakeDiscord({ perChannel: null, perWebhook: { requests: 1000, windowMs: 1000 } });
    const manager = await openProcessManager();
    try {
      const apps = appsFor({ ...settings, discordWebhookUrl: discord.webhookUrl });
      const report = await startPlatform(manager, apps, settings, () => undefined);
      if (report.problems.length > 0) throw new Error(`not healthy:\n${report.problems.join("\n")}`);
      const operator = await connectBus({
        identity: "operator",
        mode: modeOf(settings),
        logger: new MemoryLogger(),
        marketNowMs: () => null,
        port: settings.natsPort,
        identitiesDir: join(folder, "data", "identities"),
      });
      return new TestPlatform({ folder, settings, gateway, discord, manager, operator, release });
    } catch (error) {
      await stopPlatform(manager).catch(() => undefined);
      await manager.killDaemon();
      await gateway.close();
      await discord.stop();
      await release();
      throw new Error(`the platform did not start; its logs are in ${folder}`, { cause: error });
    }
  }

  /** Connects as any identity, with its real key and permissions. */
  async connectAs(identity: Parameters<typeof connectBus>[0]["identity"]): Promise<Bus> {
    return await connectBus({
      identity,
      mode: modeOf(this.settings),
      logger: new MemoryLogger(),
      marketNowMs: () => null,
      port: this.settings.natsPort,
      identitiesDir: join(this.folder, "data", "identities"),
    });
  }

  /** Waits until a symbol's quotes are on the bus. */
  async quoted(symbol: string, price: number): Promise<void> {
    await eventually(`a quote of ${price} for ${symbol} on the bus`, async () => {
      const quote = await this.operator.lastValue(quoteMessage, [symbol]);
      return quote?.data.last === price;
    });
  }

  /** Keeps a steady market in SPY around a price: a cent wide, deep, fresh. Resolves when its quotes are on the bus. */
  async quote(price: number): Promise<void> {
    this.#lastQuote = price;
    const push = () =>
      this.gateway.setQuote("SPY", {
        bid: this.#lastQuote - 0.01,
        ask: this.#lastQuote + 0.01,
        bidSize: 5000,
        askSize: 5000,
        last: this.#lastQuote,
        lastSize: 100,
      });
    push();
    this.#quoting ??= setInterval(push, QUOTE_EVERY_MS);
    await this.quoted("SPY", price);
  }

  /** An operator's order, which goes through risk like any other. */
  intent(clientOrderId: string, change: Partial<z.input<typeof orderIntentSchema>> = {}): OrderIntent {
    return orderIntentSchema.parse({
      clientOrderId,
      strategy: "operator",
      symbol: "SPY",
      side: "buy",
      quantity: 10,
      order: { type: "market" },
      timeInForce: "day",
      outsideRegularHours: false,
      holdOvernight: true,
      bracket: null,
      reason: "test",
      ...change,
    });
  }

  async ask(intent: OrderIntent): Promise<Decision> {
    return await this.operator.request(intentMessage, [], intent, { timeoutMs: 15_000 });
  }

  /**
   * Asks for like orders, each under an id of its own, until one is approved: what a service that has just begun lacks,
   * as a quote or the account, comes to it in its own time, and a decision on an id is for ever.
   *
   * @returns the order that was approved
   */
  async passes(prefix: string, change: Partial<z.input<typeof orderIntentSchema>> = {}): Promise<OrderIntent> {
    let approved: OrderIntent | undefined;
    let count = 0;
    let last: unknown = "nothing";
    await eventually(
      `an order to be approved; ${prefix}`,
      async () => {
        count += 1;
        const intent = this.intent(`${prefix}-${count}`, change);
        try {
          const decision = await this.ask(intent);
          if (decision.outcome === "approved") approved = intent;
          last = decision;
        } catch (error) {
          last = error;
        }
        return approved !== undefined;
      },
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`no order passed; the last answer: ${JSON.stringify(last) ?? String(last)}`, { cause: error });
    });
    if (approved === undefined) throw new Error("an order passed and is not known");
    return approved;
  }

  async app(name: string): Promise<ManagedApp> {
    const app = (await this.manager.list()).find((candidate) => candidate.name === name);
    if (!app) throw new Error(`${name} is not there`);
    return app;
  }

  /** kill -9, and until PM2 has it running again with a new process. */
  async kill(name: string): Promise<void> {
    const before = await this.app(name);
    process.kill(before.pid, "SIGKILL");
    const isBack = async () => {
      const now = await this.app(name);
      return now.status === "online" && now.pid !== before.pid;
    };
    // A process takes a second to begin, and many on a machine with much else to do.
    await eventually(`${name} runs again`, isBack, 60_000);
  }

  /** All messages of a type in a stream so far, oldest first. */
  async stored<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
    stream: StreamName = "LEDGER",
  ): Promise<Envelope<z.infer<Data>>[]> {
    return await this.#log(stream).of(message);
  }

  /** Everything in a stream so far, oldest first. */
  messages = (stream: StreamName) => this.#log(stream).messages();

  #log(stream: StreamName): StreamLog {
    const log = this.#logs.get(stream) ?? new StreamLog(this.operator, stream);
    this.#logs.set(stream, log);
    return log;
  }

  /** The newest event of each order. */
  async orders(): Promise<Map<string, OrderEvent>> {
    const events = await this.stored(orderEventMessage);
    return new Map(events.map(({ data }) => [data.clientOrderId, data]));
  }

  async log(name: string): Promise<string> {
    const app = await this.app(name);
    const logs = await Promise.all([app.outLog, app.errorLog].map((path) => readFile(path, "utf8").catch(() => "")));
    return logs.join("\n");
  }

  /**
   * Orders that reached the gateway's socket, by orderRef (field 26 of PLACE_ORDER), modifications included. What only
   * asks what an order would do (field 84) is none.
   */
  placedOrderRefs(): string[] {
    const orders = this.gateway.frames.received("PLACE_ORDER").filter((frame) => frame.fields[84] !== "1");
    return orders.map((frame) => String(frame.fields[26]));
  }

  async stop(): Promise<void> {
    clearInterval(this.#quoting);
    try {
      await this.operator.close();
      await stopPlatform(this.manager);
    } finally {
      await this.manager.killDaemon();
      await this.gateway.close();
      await this.discord.stop();
      await this.#release();
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

/** A plan that has SPY's market data kept, and does not trade by itself at the hour of the tests. */
const QUIET_GAMEPLAN: z.input<typeof gameplanSchema> = {
  tradingDay: "any",
  strategies: [
    { strategy: "opening-range-breakout", symbols: ["SPY"], capitalUsd: 1000, from: "15:00", until: "15:01" },
  ],
};

async function writeGameplan(folder: string, plan: z.input<typeof gameplanSchema>): Promise<string> {
  const path = join(folder, "gameplan.json");
  await writeFile(path, JSON.stringify(plan));
  return path;
}
