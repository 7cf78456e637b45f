import type { z } from "zod";
import type { Bus } from "#libs/bus/mod.ts";
import { StreamLog } from "#libs/bus/testing/stream-log.ts";
import { settingsFor } from "#libs/config/mod.ts";
import {
  type Approval,
  accountSummaryMessage,
  alertMessage,
  approvalSchema,
  approvedMessage,
  type ClientOrderId,
  clientOrderIdSchema,
  type Envelope,
  fillMessage,
  gatewayStatusMessage,
  type Identity,
  interestMessage,
  type MessageType,
  type Mode,
  type OrderEvent,
  type OrderIntent,
  orderEventMessage,
  orderIntentSchema,
  positionMessage,
  type StreamName,
} from "#libs/contracts/mod.ts";
import { createLogger, type Service } from "#libs/service/mod.ts";
import { createCalendar, MarketClock, monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { startBridge } from "../bridge.ts";

export interface BenchOptions {
  readonly mode: Mode;
  /** A bus connection of an identity, with its real permissions. */
  readonly connect: (identity: Identity, options?: { marketNowMs?: () => number | null }) => Promise<Bus>;
  readonly gatewayPort: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A bridge in this process, on a real bus, with the other services' parts played by the test. */
export class BridgeBench {
  readonly operator: Bus;
  readonly #risk: Bus;
  readonly #strategy: Bus;
  readonly #options: BenchOptions;
  readonly #logs = new Map<StreamName, StreamLog>();
  #running: { service: Service; bus: Bus; clock: MarketClock } | undefined;
  #count = 0;

  private constructor(options: BenchOptions, buses: { operator: Bus; risk: Bus; strategy: Bus }) {
    this.#options = options;
    this.operator = buses.operator;
    this.#risk = buses.risk;
    this.#strategy = buses.strategy;
  }

  static async open(options: BenchOptions): Promise<BridgeBench> {
    const [operator, risk, strategy] = await Promise.all([
      options.connect("operator"),
      options.connect("risk"),
      options.connect("strategy"),
    ]);
    return new BridgeBench(options, { operator, risk, strategy });
  }

  get service(): Service {
    if (this.#running === undefined) throw new Error("the bridge is not running");
    return this.#running.service;
  }

  /** The market clock inside the bridge. */
  get clock(): MarketClock {
    if (this.#running === undefined) throw new Error("the bridge is not running");
    return this.#running.clock;
  }

  async start(): Promise<void> {
    const { mode, connect, gatewayPort, env } = this.#options;
    const clock = new MarketClock();
    const bus = await connect("gateway-bridge", { marketNowMs: () => clock.nowMs() ?? null });
    const settings = settingsFor("gateway-bridge", {
      IBKR_PORT: String(gatewayPort),
      DRY_RUN: String(mode === "dry-run"),
      PAPER_TRADING: String(mode !== "live"),
      SIMULATED_GATEWAY: "true",
      ...env,
    });
    const logger = await createLogger({
      name: "gateway-bridge",
      mode,
      level: process.env.BRIDGE_TEST_LOG ?? "silent",
      file: "",
      maxBytes: 65_536,
      backupCount: 1,
      secrets: [],
    });
    const service = await startBridge({
      name: "gateway-bridge",
      settings,
      mode,
      logger,
      bus,
      clock,
      calendar: createCalendar(),
    });
    this.#running = { service, bus, clock };
  }

  /** Ends the bridge in order. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.service.stop();
    await running?.bus.close();
  }

  async want(symbols: readonly string[]): Promise<void> {
    await this.#strategy.record(interestMessage, [], { symbols: [...symbols], since: wallNowMs() });
    this.#strategy.publish(interestMessage, [], { symbols: [...symbols], since: wallNowMs() });
  }

  intent(change: Partial<z.input<typeof orderIntentSchema>> = {}): OrderIntent {
    this.#count += 1;
    return orderIntentSchema.parse({
      clientOrderId: `order-${this.#count}`,
      strategy: "test",
      symbol: "SPY",
      side: "buy",
      quantity: 10,
      order: { type: "market" },
      timeInForce: "day",
      outsideRegularHours: false,
      holdOvernight: false,
      bracket: null,
      reason: "test",
      ...change,
    });
  }

  /** Approves as risk would, for longer than any machine stands still; who tests the expiry says when it is. */
  async approve(intent: OrderIntent, change: Partial<Approval> = {}): Promise<ClientOrderId> {
    const now = monotonicNowMs();
    const approval = approvalSchema.parse({
      intent,
      approvedAtMonotonicMs: now,
      expiresAtMonotonicMs: now + 120_000,
      expiresAt: wallNowMs() + 120_000,
      reducesRisk: false,
      reserved: { notional: 0, dayTrade: false },
      ...change,
    });
    await this.#risk.record(approvedMessage, [intent.clientOrderId], approval, { onlyFirst: true });
    return intent.clientOrderId;
  }

  /** Everything of one kind that a stream holds, oldest first. */
  async stored<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
  ): Promise<z.infer<Data>[]> {
    return (await this.envelopes(message)).map(({ data }) => data);
  }

  /** The same, with what is known of each: when it was said. */
  envelopes<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
  ): Promise<Envelope<z.infer<Data>>[]> {
    const stream = message.stream ?? "LEDGER";
    const log = this.#logs.get(stream) ?? new StreamLog(this.operator, stream);
    this.#logs.set(stream, log);
    return log.of(message);
  }

  async events(id: string): Promise<OrderEvent[]> {
    return (await this.stored(orderEventMessage)).filter(({ clientOrderId }) => clientOrderId === id);
  }

  allEvents = () => this.stored(orderEventMessage);

  async statuses(id: string): Promise<string[]> {
    return (await this.events(id)).map(({ status }) => status);
  }

  fills = () => this.stored(fillMessage);
  positions = () => this.stored(positionMessage);
  summaries = () => this.stored(accountSummaryMessage);
  sessions = () => this.stored(gatewayStatusMessage);
  alerts = () => this.stored(alertMessage);

  async alertCodes(): Promise<string[]> {
    return (await this.alerts()).map(({ code }) => code);
  }
}

export const orderId = (text: string): ClientOrderId => clientOrderIdSchema.parse(text);
