import { type ClientOrderId, controlMessage, type Mode } from "#libs/contracts/mod.ts";
import { wallNowMs } from "#libs/time/mod.ts";
import type { ActionInput } from "../../../simulator/mod.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../../../simulator/mod.ts";
import { ANSWERED_MS, within } from "../../../tests/harness/answers.ts";
import { eventually, startBus, type TestBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { BridgeBench } from "../testing/bench.ts";
import { type Closing, closeAll } from "../testing/paper-bench.ts";

/** One line of an acceptance table: what is provoked at the simulated gateway, and what must come of it. */
export interface Row {
  /** What it is the proof of: a pitfall ("P6"), a symptom of tws.md 7.2, a theme of risk-rules.md 4. */
  readonly proves: readonly string[];
  readonly says: string;
  readonly mode?: Mode;
  readonly gateway?: SimulatedGatewayOptions;
  readonly env?: Readonly<Record<string, string>>;
  readonly play: (stage: Stage) => Promise<void>;
}

/** A price for SPY at which an order rests. */
export const resting = { order: { type: "limit", limitPrice: 90 } } as const;

/** Plays a row: a real nats-server, the simulated gateway on a real socket, and the bridge, all of its own. */
export async function play(row: Row): Promise<void> {
  const stage = await Stage.open(row);
  try {
    await row.play(stage);
  } finally {
    await stage.close();
  }
}

/** The simulated gateway, the bridge on its real bus, and both sides of what happens between them. */
export class Stage {
  readonly bus: TestBus;
  readonly gateway: SimulatedGateway;
  readonly bench: BridgeBench;

  private constructor(bus: TestBus, gateway: SimulatedGateway, bench: BridgeBench) {
    this.bus = bus;
    this.gateway = gateway;
    this.bench = bench;
  }

  static async open({ mode = "paper", gateway: options = {}, env = {} }: Row): Promise<Stage> {
    const bus = await startBus(mode);
    const opened: Closing[] = [() => bus.stop()];
    try {
      const gateway = await startSimulatedGateway({
        port: await claimPort(),
        prices: "manual",
        date: "2026-03-10",
        startTime: "10:30:00",
        // A fast clock does not run ahead of a bridge that is still on its way.
        hold: options.speed !== undefined,
        ...options,
      });
      opened.unshift(() => gateway.close());
      gateway.setQuote("SPY", { bid: 100, ask: 100.02, bidSize: 300, askSize: 300, last: 100.01, lastSize: 10 });
      // The gateway lives on a day of its own, so how far that is from the machine's is no news.
      const clock = { MARKET_CLOCK_SPEED: String(options.speed ?? 1), CLOCK_DRIFT_ALERT_MS: "0" };
      const bench = await BridgeBench.open({
        mode,
        connect: bus.connect,
        gatewayPort: gateway.port,
        env: { ...clock, ...env },
      });
      await bench.want(["SPY"]);
      return new Stage(bus, gateway, bench);
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
  }

  async close(): Promise<void> {
    await closeAll([() => this.bench.stop(), () => this.gateway.close(), () => this.bus.stop()]);
  }

  /** Starts the bridge, waits until its session is ready, lets a fast market clock go, and waits until it is seen to run. */
  async start(): Promise<void> {
    await this.bench.start();
    await this.ready();
    this.gateway.releaseClock();
    await eventually("the market clock runs", () => this.bench.clock.speed === this.gateway.speed);
  }

  ready = (withinMs = 20_000) => eventually("ready", () => this.bench.service.health().status === "ok", withinMs);

  /** State and reason, as `crucible status` shows them. */
  get detail(): string {
    return this.bench.service.health().detail;
  }

  says = (words: string, withinMs = 15_000) => eventually(words, () => this.detail.includes(words), withinMs);

  /** Codes of the alerts so far, oldest first. */
  alerts = () => this.bench.alertCodes();

  /** Those of them that are about the session. */
  sessionAlerts = async () => (await this.alerts()).filter((code) => code.startsWith("GATEWAY_"));

  alerted = (code: string, withinMs = 20_000) =>
    eventually(code, async () => (await this.alerts()).includes(code), withinMs);

  /** The one alert with this code. */
  async alert(code: string): Promise<{ readonly severity: string; readonly text: string }> {
    const [alert, ...more] = (await this.bench.alerts()).filter((one) => one.code === code);
    if (alert === undefined || more.length > 0)
      throw new Error(`${code} was alerted ${more.length + (alert ? 1 : 0)} times`);
    return alert;
  }

  /** States of the session that the ledger holds, without what came before `since` of them. */
  async states(since = 0): Promise<string[]> {
    return (await this.bench.sessions()).slice(since).map(({ state, frozen }) => `${state}${frozen ? " frozen" : ""}`);
  }

  reaches = (id: ClientOrderId, status: string) =>
    eventually(`${id} ${status}`, async () => (await this.bench.statuses(id)).includes(status), 20_000);

  /** What is approved meanwhile reaches the bridge together, with the next approval after it, and not one by one. */
  async heldUp(approve: () => Promise<void>): Promise<void> {
    const { manager } = await this.bus.connect("setup");
    await manager.consumers.pause("LEDGER", "gateway-bridge", new Date(wallNowMs() + 600_000));
    await approve();
    await manager.consumers.resume("LEDGER", "gateway-bridge");
  }

  /** How often the gateway was sent this order. */
  sent(id: ClientOrderId): number {
    return this.gateway.frames.received("PLACE_ORDER").filter(({ fields }) => fields.includes(id)).length;
  }

  /** What was asked of the gateway, by name and in order: the log without the beginnings and ends of connections. */
  get requests(): readonly { readonly session: number; readonly name: string }[] {
    return this.gateway.frames.received().filter(({ name }) => name !== "HELLO" && name !== "CLOSED");
  }

  /** How many sessions the gateway has seen begin. */
  get sessions(): number {
    return this.gateway.frames.receivedCount("START_API");
  }

  /** The operator's word to open the connection anew. */
  reconnect = () => this.#control("reconnect");

  /** The operator's word that the halt is dealt with. */
  resume = () => this.#control("resume");

  #control(verb: string) {
    const about = { reason: "test" };
    return within(ANSWERED_MS.control, () =>
      this.bench.operator.request(controlMessage, ["gateway-bridge", verb], about, { timeoutMs: 15_000 }),
    );
  }

  perform = (action: ActionInput) => this.gateway.perform(action);
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
