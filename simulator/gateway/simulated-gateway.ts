import type { Socket } from "node:net";
import { type AccountSettings, type AccountTag, accountTags } from "../broker/account.ts";
import { Broker } from "../broker/broker.ts";
import type { Execution } from "../broker/execution.ts";
import type { BrokerOrder } from "../broker/order.ts";
import type { Position } from "../broker/positions.ts";
import { defaultSymbols, type Instrument, instrumentFor } from "../market/catalogue.ts";
import { MarketClock } from "../market/clock.ts";
import { checkFolder, symbolsInFolder } from "../market/csv.ts";
import { folderSource, generatedSource, Market, type QuoteChange } from "../market/market.ts";
import { instantOf, marketDayAt, marketTimeText } from "../market/new-york.ts";
import { encodeFrame } from "../protocol/frame.ts";
import { currentTime, errorMessage, tickPrice, tickTypes } from "../protocol/responses.ts";
import { newestLayoutVersion, oldestLayoutVersion } from "../protocol/versions.ts";
import { sendAccountSummary, sendAccountUpdate, sendProfitAndLoss } from "./account-requests.ts";
import { serveConnection } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import { type Faults, faultsSchema, noFaults } from "./faults.ts";
import { FrameLog } from "./frame-log.ts";
import { Listener, PortError } from "./listener.ts";
import { type Log, silentLog } from "./log.ts";
import { MarketLoop } from "./market-loop.ts";
import type { SimulatedGatewayOptions } from "./options.ts";
import { publishEffects } from "./publisher.ts";
import type { Session } from "./session.ts";

const accountUpdateMarketSeconds = 180;
const profitIntervalMs = 1000;
const clockPushIntervalMs = 100;
const reopenIntervalMs = 1000;

/** A running simulated IB Gateway: its port speaks the TWS protocol, this object is the hand behind it. */
export class SimulatedGateway {
  readonly frames: FrameLog;
  readonly #options: SimulatedGatewayOptions;
  readonly #log: Log;
  readonly #clock: MarketClock;
  readonly #market: Market;
  readonly #broker: Broker;
  readonly #listener: Listener;
  readonly #loop: MarketLoop;
  readonly #context: GatewayContext;
  readonly #sockets = new Map<Socket, Session | undefined>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #instruments: ReadonlyMap<string, Instrument>;
  #ready: Session[] = [];
  #account: AccountSettings;
  #faults: Faults = noFaults;
  #connectionCount = 0;
  #isClosed = false;
  #restarting: Promise<void> | undefined;

  /** @throws RangeError for a setting outside its range; BarFileError for an unusable data folder. */
  constructor(options: SimulatedGatewayOptions = {}) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    const speed = within(options.speed ?? 1, "speed", 0.001, 10_000);
    within(
      options.serverVersionMax ?? newestLayoutVersion,
      "serverVersionMax",
      oldestLayoutVersion,
      newestLayoutVersion,
    );
    const seed = within(Math.trunc(options.seed ?? 1), "seed", 0, 2 ** 32 - 1);
    const date = options.date ?? "2025-10-07";
    const startEpochMs = instantOf(date, options.startTime ?? "09:30:00") * 1000;
    this.#clock = new MarketClock({
      startEpochMs,
      speed,
      hold: options.hold ?? false,
      machineNowMs: () => performance.now(),
    });
    const folderSymbols = options.dataFolder === undefined ? [] : symbolsInFolder(options.dataFolder);
    this.#instruments = instrumentsOf(options, folderSymbols);
    if (options.dataFolder !== undefined) checkFolder(options.dataFolder, date);
    const generated = generatedSource(seed, this.#instruments);
    const source =
      options.dataFolder === undefined
        ? generated
        : folderSource(options.dataFolder, new Set(folderSymbols), generated, (error) =>
            this.#log("error", "a file of minute bars is left out", { reason: error.message }),
          );
    this.#market = new Market(this.#instruments, source, options.prices === "manual");
    this.#account = {
      account: options.account ?? "DU1234567",
      equityUsd: within(options.equityUsd ?? 100_000, "equityUsd", 0, 1e12),
      dayTradesRemaining: dayTradesOf(options.dayTradesRemaining),
    };
    this.#broker = new Broker(this.#account, seed);
    this.frames = new FrameLog(options.framesKept ?? 100_000, options.frameLogPath, (error) =>
      this.#log("error", "the frame log cannot be written", { path: options.frameLogPath, reason: error.message }),
    );
    this.#listener = new Listener(options.port ?? 0, (socket) => this.#accept(socket));
    this.#context = {
      clock: this.#clock,
      market: this.#market,
      broker: this.#broker,
      account: () => this.#account,
      faults: () => this.#faults,
      setFaults: (change) => {
        this.#faults = { ...this.#faults, ...change };
      },
      log: this.#log,
      readySessions: () => this.#ready,
      publish: (effects) => {
        publishEffects(this.#context, effects);
        if (effects.some((effect) => effect.kind === "position")) this.#sendAccountUpdates();
      },
      refreshQuote: (symbol) => this.#loop.refreshQuote(symbol),
      later: (delayMs, action) => this.#later(delayMs, action),
    };
    this.#loop = new MarketLoop(this.#context, (epochS) => this.#onSecond(epochS));
  }

  /** The TCP port; once taken it stays the same across restarts. */
  get port(): number {
    return this.#listener.port;
  }

  get isListening(): boolean {
    return this.#listener.isOpen;
  }

  /** Market time now, epoch milliseconds. */
  get marketTimeMs(): number {
    return this.#clock.nowMs();
  }

  get isClockHeld(): boolean {
    return this.#clock.isHeld;
  }

  get speed(): number {
    return this.#clock.speed;
  }

  /** Client ids of the connections that have started the API. */
  get clientIds(): number[] {
    return this.#ready.flatMap((session) => session.clientId ?? []);
  }

  get faults(): Faults {
    return this.#faults;
  }

  get liveOrders(): readonly BrokerOrder[] {
    return this.#broker.liveOrders;
  }

  get completedOrders(): readonly BrokerOrder[] {
    return this.#broker.completedOrders;
  }

  /** Every execution ever sent, corrections included, oldest first. */
  get executions(): readonly Execution[] {
    return this.#broker.executions;
  }

  get positions(): readonly Position[] {
    return this.#broker.positions;
  }

  /** The account summary as a client would get it. */
  get accountTags(): AccountTag[] {
    return accountTags(this.#broker.figures(), this.#account);
  }

  /** Opens the port and starts the market. @throws PortError when the port is taken. */
  async start(): Promise<void> {
    await this.#listener.open();
    this.#every(this.#clock.speed === 1 ? 50 : 10, () => this.#loop.advance());
    this.#every(profitIntervalMs, () => this.#sendProfits());
    if (this.#clock.speed !== 1) this.#every(clockPushIntervalMs, () => this.#pushClock());
    const { port } = this;
    this.#log("info", "listening", { port, marketTime: this.#marketTime(), speed: this.#clock.speed });
  }

  /** Lets a held clock run. @returns false when it was running already. */
  releaseClock(): boolean {
    const released = this.#clock.release();
    if (!released) return false;
    this.#log("info", "market clock released", { marketTime: this.#marketTime() });
    if (this.#clock.speed !== 1) this.#pushClock();
    return true;
  }

  /** Brings the market to this moment at once, instead of with the next timer. */
  advance(): void {
    this.#loop.advance();
  }

  /**
   * Sets a symbol's quote by hand and pushes it at once; from then on the symbol follows only such calls. Sizes are
   * shares; `last` counts as a trade of `lastSize` shares.
   *
   * @returns the machine's monotonic time (performance.now()) at which the ticks were handed to the sockets.
   * @throws RangeError for an unlisted symbol.
   */
  setQuote(symbol: string, change: QuoteChange): { readonly sentAtMs: number } {
    this.#loop.advance();
    const quote = this.#market.setQuote(symbol, change, this.#loop.epochS);
    if (quote !== undefined) this.#loop.applyManualQuote(symbol, quote, change.last !== undefined);
    const sentAtMs = performance.now();
    for (const session of this.#ready) session.flush();
    return { sentAtMs };
  }

  /**
   * Pushes `count` bid and ask ticks of a symbol to each of its subscribers in one write, past the matching engine and
   * the frame records (they are counted): for throughput measurements.
   *
   * @returns ticks written, over all subscribers.
   */
  pushTicks(symbol: string, count: number): number {
    const quote = this.#market.quote(symbol, this.#loop.epochS);
    if (quote === undefined) return 0;
    let written = 0;
    for (const session of this.#ready) {
      for (const subscription of session.quotes.values()) {
        if (subscription.instrument.symbol !== symbol) continue;
        session.sendEncoded(ticksAround(subscription.reqId, quote.bid, quote.ask, count));
        subscription.sent = undefined;
        written += count;
      }
      session.flush();
    }
    this.frames.countOnly("sent", "TICK_PRICE", written);
    return written;
  }

  /**
   * Restarts the gateway: every connection is cut, the port closes, and opens again after the downtime. Orders,
   * executions, perm ids and positions survive; subscriptions and untransmitted orders do not.
   *
   * @param downtimeMs machine milliseconds.
   * @param rollbackIds how far the next order ids go back.
   * @returns resolves when the port is open again.
   */
  restart(options: { readonly downtimeMs?: number; readonly rollbackIds?: number } = {}): Promise<void> {
    this.#restarting ??= this.#restart(options.downtimeMs ?? 0, options.rollbackIds ?? 0).finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  /** Cuts every connection without a word. The port stays open. */
  dropConnections(): void {
    for (const [socket, session] of this.#sockets) {
      // What was sent before the cut has been sent: only what comes after it is lost.
      session?.flush();
      socket.destroy();
    }
    this.#ready = [];
  }

  /** Switches faults; what is not named keeps its state. @throws ZodError for a value outside the schema. */
  async setFaults(change: Partial<Faults>): Promise<void> {
    this.#faults = faultsSchema.parse({ ...this.#faults, ...change });
    this.#log("info", "faults changed", { faults: this.#faults });
    if (this.#faults.connection === "refuse") this.#listener.close();
    else if (this.#restarting === undefined) await this.#listener.open();
  }

  /** Sends an ERR_MSG to every ready connection: 1100, 1101, 1102, 2103, 2104 ... with id -1. */
  injectError(code: number, text: string, id = -1): void {
    for (const session of this.#ready) session.send(errorMessage(id, code, text));
  }

  /** Sends executions again that were sent before (all, or those with the ids given), to their owners. */
  resendExecutions(execIds?: readonly string[]): void {
    const again = this.executions.filter((execution) => execIds === undefined || execIds.includes(execution.execId));
    this.#context.publish(
      again.flatMap((execution) => [
        { kind: "execution" as const, execution },
        { kind: "commission" as const, execution },
      ]),
    );
  }

  /** Corrects an execution: `.01` is followed by a `.02` with other figures. @throws RangeError if there is none. */
  correctExecution(execId: string, change: { readonly price?: number; readonly shares?: number }): void {
    this.#context.publish(this.#broker.correct(execId, change));
  }

  /** Changes what the account reports as day trades remaining. */
  setDayTradesRemaining(remaining: readonly number[] | "absent"): void {
    this.#account = { ...this.#account, dayTradesRemaining: dayTradesOf(remaining) };
    this.#sendAccountUpdates();
    this.#sendSummaries();
  }

  /** Closes port and connections. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.dropConnections();
    this.#listener.close();
    await this.frames.close();
  }

  #accept(socket: Socket): void {
    socket.setNoDelay(true);
    this.#connectionCount += 1;
    this.#sockets.set(socket, undefined);
    serveConnection({
      number: this.#connectionCount,
      socket,
      context: this.#context,
      frames: this.frames,
      serverVersionMax: this.#options.serverVersionMax ?? newestLayoutVersion,
      advance: () => this.#loop.advance(),
      claimClientId: (session, clientId) => {
        if (this.#ready.some((other) => other.clientId === clientId)) return false;
        session.clientId = clientId;
        this.#ready = [...this.#ready, session];
        this.#sockets.set(socket, session);
        return true;
      },
      onEnd: (session) => {
        this.#sockets.delete(socket);
        this.#ready = this.#ready.filter((other) => other !== session);
      },
    });
  }

  #onSecond(epochS: number): void {
    if (epochS % accountUpdateMarketSeconds === 0) {
      this.#sendSummaries();
      this.#sendAccountUpdates();
    }
    const { restartAt, restartDowntimeS } = this.#options;
    if (restartAt === undefined || epochS !== instantOf(marketDayAt(epochS).date, restartAt)) return;
    const downtimeMs = ((restartDowntimeS ?? 75) * 1000) / this.#clock.speed;
    this.#log("info", "daily restart", { marketTime: marketTimeText(epochS), downtimeMs });
    void this.restart({ downtimeMs });
  }

  async #restart(downtimeMs: number, rollbackIds: number): Promise<void> {
    this.#listener.close();
    this.dropConnections();
    this.#broker.forgetUntransmitted();
    this.#broker.rollBackOrderIds(rollbackIds);
    this.#log("info", "restarting", { downtimeMs, rollbackIds });
    await new Promise<void>((resolve) => this.#later(downtimeMs, resolve));
    while (!this.#isClosed && this.#faults.connection !== "refuse" && !this.isListening) await this.#reopen();
    this.#log("info", "restarted", { port: this.port, marketTime: this.#marketTime(), speed: this.#clock.speed });
  }

  /** Opens the port again; when somebody took it meanwhile, says so and waits a second before the next attempt. */
  async #reopen(): Promise<void> {
    try {
      await this.#listener.open();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      this.#log("error", "the port cannot be opened again", { reason: error.message });
      await new Promise<void>((resolve) => this.#later(reopenIntervalMs, resolve));
    }
  }

  #sendSummaries(): void {
    for (const session of this.#ready) {
      for (const [reqId, tags] of session.accountSummaries) sendAccountSummary(this.#context, session, reqId, tags);
    }
  }

  #sendAccountUpdates(): void {
    for (const session of this.#ready) if (session.wantsAccountUpdates) sendAccountUpdate(this.#context, session);
  }

  #sendProfits(): void {
    for (const session of this.#ready) {
      for (const [reqId, { conId }] of session.profits) sendProfitAndLoss(this.#context, session, reqId, conId);
    }
  }

  /** Lets a client follow a clock that runs faster than life: an extension of the protocol, off at speed 1. */
  #pushClock(): void {
    for (const session of this.#ready) {
      session.send(currentTime(this.#clock.nowS()));
      session.flush();
    }
  }

  #marketTime(): string {
    return marketTimeText(this.#clock.nowS());
  }

  #later(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #every(intervalMs: number, action: () => void): void {
    this.#timers.add(setInterval(action, intervalMs));
  }
}

/** Starts a simulated gateway and resolves once its port is open. @throws as {@link SimulatedGateway} does. */
export async function startSimulatedGateway(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
  const gateway = new SimulatedGateway(options);
  await gateway.start();
  return gateway;
}

function instrumentsOf(
  options: SimulatedGatewayOptions,
  folderSymbols: readonly string[],
): ReadonlyMap<string, Instrument> {
  const asked = options.symbols ?? defaultSymbols.map((symbol) => ({ symbol }));
  const all = [...folderSymbols.map((symbol) => ({ symbol })), ...asked];
  return new Map(
    all.map((entry) => [
      entry.symbol,
      instrumentFor(entry.symbol, "startPrice" in entry ? entry.startPrice : undefined),
    ]),
  );
}

function dayTradesOf(remaining: readonly number[] | "absent" | undefined): readonly number[] | undefined {
  if (remaining === "absent") return undefined;
  return remaining ?? [-1, -1, -1, -1, -1];
}

function within(value: number, name: string, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} is ${value}; it must be a number from ${least} to ${most}.`);
}

/** Frames that walk bid and ask up and down by cents, so that no tick equals the one before. */
function ticksAround(reqId: number, bid: number, ask: number, count: number): string {
  const frames: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const step = ((index >> 1) % 20) / 100;
    const isBid = index % 2 === 0;
    const price = (isBid ? bid : ask) + step;
    frames.push(encodeFrame(tickPrice(reqId, isBid ? tickTypes.bid : tickTypes.ask, price, 100 + (index % 7) * 100)));
  }
  return frames.join("");
}
