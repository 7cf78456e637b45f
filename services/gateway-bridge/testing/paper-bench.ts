import { gatewayStatusMessage, type Mode, orderEventMessage } from "#libs/contracts/mod.ts";
import { wallNowMs } from "#libs/time/mod.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../../../simulator/mod.ts";
import { type BenchOptions, BridgeBench } from "./bench.ts";

/** What the tests have and a product must not import. */
export interface Harness {
  readonly startBus: (mode: Mode) => Promise<BenchBus>;
  readonly claimPort: () => Promise<number>;
  readonly eventually: (what: string, condition: () => boolean | Promise<boolean>, timeoutMs?: number) => Promise<void>;
}

interface BenchBus {
  readonly connect: BenchOptions["connect"];
  stop(): Promise<void>;
}

/** A bridge, a real bus and a simulated gateway at whose SPY the test turns; both sides can be looked at. */
export class PaperBench {
  readonly #bus: BenchBus;
  readonly #eventually: Harness["eventually"];
  readonly gateway: SimulatedGateway;
  readonly bridge: BridgeBench;

  private constructor(parts: { harness: Harness; bus: BenchBus; gateway: SimulatedGateway; bridge: BridgeBench }) {
    this.#bus = parts.bus;
    this.#eventually = parts.harness.eventually;
    this.gateway = parts.gateway;
    this.bridge = parts.bridge;
  }

  /** Everything but the bridge is started: `start` does that. */
  static async open(
    harness: Harness,
    options: { mode?: Mode; gateway?: SimulatedGatewayOptions; env?: Record<string, string> } = {},
  ): Promise<PaperBench> {
    const { mode = "paper", env = {} } = options;
    const bus = await harness.startBus(mode);
    const opened: Closing[] = [() => bus.stop()];
    try {
      const day = { prices: "manual", date: "2026-03-10", startTime: "10:30:00" } as const;
      const gateway = await startSimulatedGateway({ port: await harness.claimPort(), ...day, ...options.gateway });
      opened.unshift(() => gateway.close());
      const bridge = await BridgeBench.open({ mode, connect: bus.connect, gatewayPort: gateway.port, env });
      await bridge.want(["SPY"]);
      const bench = new PaperBench({ harness, bus, gateway, bridge });
      bench.trade(100);
      return bench;
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
  }

  /** Starts the bridge, waits until it takes orders, and lets a market clock go that was held until then. */
  async start(): Promise<this> {
    await this.bridge.start();
    await this.ready();
    this.gateway.releaseClock();
    return this;
  }

  /** Ready, and all that it serves is known to the server: the record of it came after. */
  async ready(): Promise<void> {
    await this.#eventually("ready", () => this.bridge.service.health().status === "ok");
    const recorded = async () => (await this.bridge.operator.lastValue(gatewayStatusMessage, []))?.data.state;
    await this.#eventually("recorded as ready", async () => (await recorded()) === "ready");
  }

  /** What is approved meanwhile reaches the bridge together, with the next approval after it, and not one by one. */
  async heldUp(approve: () => Promise<void>): Promise<void> {
    const { manager } = await this.#bus.connect("setup");
    await manager.consumers.pause("LEDGER", "gateway-bridge", new Date(wallNowMs() + 600_000));
    await approve();
    await manager.consumers.resume("LEDGER", "gateway-bridge");
  }

  /** A trade of SPY at that price, with a cent of quote around it. */
  trade(price: number, size = 300): void {
    const [bid, ask] = [price - 0.01, price + 0.01];
    this.gateway.setQuote("SPY", { bid, ask, last: price, lastSize: 10, bidSize: size, askSize: size });
  }

  reaches(id: string, status: string, timeoutMs = 20_000): Promise<void> {
    return this.#eventually(
      `${id} ${status}`,
      async () => (await this.bridge.statuses(id)).includes(status),
      timeoutMs,
    );
  }

  /** What became of an order last. */
  async last(id: string) {
    return (await this.bridge.stored(orderEventMessage)).findLast(({ clientOrderId }) => clientOrderId === id);
  }

  /** Orders the gateway was sent, oldest first. */
  placed() {
    return this.gateway.frames.received("PLACE_ORDER").map(({ fields, machineMs }) => ({
      orderId: Number(fields[1]),
      orderRef: String(fields[PLACE_ORDER_REF]),
      isQuestion: fields[PLACE_ORDER_WHAT_IF] === "1",
      machineMs,
    }));
  }

  close(): Promise<void> {
    return closeAll([() => this.bridge.stop(), () => this.gateway.close(), () => this.#bus.stop()]);
  }
}

export type Closing = () => Promise<unknown>;

/**
 * Closes one after another, each whatever became of those before it: a server of the bus that is left behind outlives the
 * tests.
 *
 * @throws the first error there was
 */
export async function closeAll(closings: readonly Closing[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closings) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Places in PLACE_ORDER, the message id first, at server version 193 (tws.md 5.4). */
const PLACE_ORDER_REF = 26;
const PLACE_ORDER_WHAT_IF = 84;
