import type { Socket } from "node:net";
import { type AccountSettings, type AccountTag, accountTags } from "../broker/account.ts";
import { Broker } from "../broker/broker.ts";
import type { Execution } from "../broker/execution.ts";
import type { BrokerOrder } from "../broker/order.ts";
import type { Position } from "../broker/positions.ts";
import type { MarketClock } from "../market/clock.ts";
import type { Market } from "../market/market.ts";
import { marketTimeText } from "../market/new-york.ts";
import type { QuoteChange } from "../market/quote-change.ts";
import { type Action, type ActionInput, actionSchema } from "../scenario/actions.ts";
import { Director } from "../scenario/director.ts";
import { definedOnly, perform } from "../scenario/perform.ts";
import { type StepInput, stepSchema } from "../scenario/steps.ts";
import {
  broadcastAccountUpdates,
  broadcastClock,
  broadcastError,
  broadcastSummaries,
  broadcastTicks,
} from "./broadcasts.ts";
import { serveConnection } from "./connection.ts";
import { Connections, type CutKind } from "./connections.ts";
import type { GatewayContext } from "./context.ts";
import { Downtime } from "./downtime.ts";
import { type Faults, faultsSchema, noFaults } from "./faults.ts";
import { FrameLog } from "./frame-log.ts";
import { handBehind } from "./hand.ts";
import { HistoricalPacing } from "./historical-pacing.ts";
import { Listener } from "./listener.ts";
import { type Log, silentLog } from "./log.ts";
import { MarketLoop } from "./market-loop.ts";
import { observe } from "./observe.ts";
import type { SimulatedGatewayOptions } from "./options.ts";
import { Preparations } from "./preparations.ts";
import { reopenStreams } from "./quote-streams.ts";
import { Reports } from "./reports.ts";
import { isRestartSecond, passMarketSecond, runByMachine } from "./schedule.ts";
import { dayTradesOf, setUp } from "./setup.ts";
import { Timers } from "./timers.ts";

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
  readonly #connections = new Connections();
  readonly #timers = new Timers();
  readonly #reports = new Reports();
  readonly #downtime: Downtime;
  readonly #director: Director;
  readonly #serverVersionMax: number;
  #account: AccountSettings;
  #faults: Faults = noFaults;
  #connectionCount = 0;
  #isClosed = false;

  /** @throws RangeError for a setting outside its range; BarFileError, FrameLogError for files that cannot be used. */
  constructor(options: SimulatedGatewayOptions = {}) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    const { seed, serverVersionMax, clock, account, market } = setUp(options, this.#log);
    this.#serverVersionMax = serverVersionMax;
    this.#clock = clock;
    this.#account = account;
    this.#market = market;
    this.#broker = new Broker(account, seed, (conId, epochS) => observe(market, conId, epochS));
    this.frames = new FrameLog(options.framesKept ?? 100_000, options.frameLogPath, (error) =>
      this.#log("error", "the frame log cannot be written", { path: options.frameLogPath, reason: error.message }),
    );
    this.#listener = new Listener(options.port ?? 0, (socket) => this.#accept(socket));
    this.#downtime = new Downtime(this.#listener, this.#timers, this.#log);
    this.#director = new Director({
      perform: (action) => this.#perform(action),
      later: (delayMs, run) => this.#timers.later(delayMs, run),
      marketNowS: () => this.#clock.nowS(),
      onFailure: (action, error) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log("error", "an action of the scenario failed", { action, reason });
      },
    });
    const later = (delayMs: number, run: () => void) => this.#timers.later(delayMs, run);
    this.#context = {
      clock: this.#clock,
      market: this.#market,
      broker: this.#broker,
      account: () => this.#account,
      faults: () => this.#faults,
      setFaults: (change) => {
        this.#faults = { ...this.#faults, ...change };
      },
      historicalPacing: new HistoricalPacing(),
      see: (event) => this.#director.see(event),
      log: this.#log,
      readySessions: () => this.#connections.ready,
      publish: (effects) => this.#reports.publish(this.#context, effects),
      refreshQuote: (symbol) => this.#loop.refreshQuote(symbol),
      preparations: new Preparations(market, later, () => this.#loop.makeRoom()),
      later,
    };
    this.#loop = new MarketLoop(this.#context, (epochS) => this.#onSecond(epochS));
  }

  /** The TCP port; once taken it stays the same across restarts, until the action "move-port". */
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

  /** Whether prices that were asked for are still being made. */
  get isPreparing(): boolean {
    return !this.#context.preparations.isIdle;
  }

  get isClockHeld(): boolean {
    return this.#clock.isHeld;
  }

  get speed(): number {
    return this.#clock.speed;
  }

  /** Client ids of the connections that have started the API. */
  get clientIds(): number[] {
    return this.#connections.ready.flatMap((session) => session.clientId ?? []);
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
    const { faults = {}, steps = [] } = this.#options.scenario ?? {};
    this.#faults = faultsSchema.parse({ ...noFaults, ...definedOnly(faults) });
    // Opened in any case: the number is known from here on, and a port that is taken is found out now.
    await this.#listener.open();
    if (this.#faults.connection === "refuse") this.#listener.close();
    runByMachine(this.#context, this.#timers, this.#loop);
    const { port } = this;
    this.arm(...steps);
    this.#log("info", "listening", { port, marketTime: this.#marketTime(), speed: this.#clock.speed });
  }

  /** Lets a held clock run. @returns false when it was running already. */
  releaseClock(): boolean {
    const released = this.#clock.release();
    if (!released) return false;
    this.#log("info", "market clock released", { marketTime: this.#marketTime() });
    if (this.#clock.speed !== 1) broadcastClock(this.#context);
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
    for (const session of this.#connections.ready) session.flush();
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
    const written = broadcastTicks(this.#context, symbol, quote, count);
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
    const { downtimeMs = 0, rollbackIds = 0 } = options;
    const begin = () => {
      this.dropConnections();
      this.#connections.forgetLingering();
      this.#reports.forget();
      this.#broker.forgetUntransmitted();
      this.#broker.rollBackOrderIds(rollbackIds);
      this.#log("info", "restarting", { downtimeMs, rollbackIds });
    };
    const mayOpen = () => !this.#isClosed && this.#faults.connection !== "refuse";
    return this.#downtime.run(downtimeMs, begin, mayOpen).then(() => {
      this.#log("info", "restarted", { port: this.port, marketTime: this.#marketTime(), speed: this.#clock.speed });
    });
  }

  /** Cuts every connection without a word. The port stays open. */
  dropConnections(how: CutKind = "close"): void {
    this.#connections.cut(how);
  }

  /** Switches faults; what is not named keeps its state. @throws ZodError for a value outside the schema. */
  async setFaults(change: Partial<Faults>): Promise<void> {
    await this.#switchFaults(change);
  }

  /** Does one action of a scenario now. @throws ZodError for one outside the schema; what the action throws. */
  async perform(action: ActionInput): Promise<void> {
    await this.#perform(actionSchema.parse(action));
  }

  /** Arms steps: each waits for its time or its event. @throws ZodError for a step outside the schema. */
  arm(...steps: readonly StepInput[]): void {
    this.#director.arm(steps.map((step) => stepSchema.parse(step)));
  }

  /** Sends an ERR_MSG to every ready connection: 1100, 1101, 1102, 2103, 2104 ... with id -1. */
  injectError(code: number, text: string, id = -1, advancedOrderRejectJson = ""): void {
    broadcastError(this.#context, code, text, id, advancedOrderRejectJson);
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
    broadcastAccountUpdates(this.#context);
    broadcastSummaries(this.#context);
  }

  /** Closes port and connections. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timers.clear();
    this.dropConnections();
    this.#listener.close();
    await this.#connections.allGone();
    await this.frames.close();
  }

  #accept(socket: Socket): void {
    socket.setNoDelay(true);
    this.#connectionCount += 1;
    this.#connections.add(socket);
    serveConnection({
      number: this.#connectionCount,
      socket,
      context: this.#context,
      frames: this.frames,
      serverVersionMax: this.#serverVersionMax,
      advance: () => this.#loop.advance(),
      claimClientId: (session, clientId) => this.#connections.claim(socket, session, clientId, performance.now()),
      onEnd: (wasReset) => this.#connections.remove(socket, wasReset, this.#faults.clientIdLinger, performance.now()),
    });
  }

  #perform(action: Action): Promise<void> | undefined {
    this.#log("info", "action", { ...action });
    const backstage = {
      context: this.#context,
      loop: this.#loop,
      listener: this.#listener,
      connections: this.#connections,
    };
    const hand = handBehind(backstage, {
      setFaults: (change) => this.#switchFaults(change),
      restart: (options) => this.restart(options),
      setQuote: (symbol, change) => this.setQuote(symbol, change),
      resendExecutions: () => this.resendExecutions(),
      correctExecution: (execId, change) => this.correctExecution(execId, change),
      setDayTradesRemaining: (remaining) => this.setDayTradesRemaining(remaining),
      releaseClock: () => this.releaseClock(),
    });
    return perform(hand, action);
  }

  /** @returns a promise only when the port has to be opened for it. */
  #switchFaults(change: Partial<Faults>): Promise<void> | undefined {
    const { marketDataAccess } = this.#faults;
    this.#faults = faultsSchema.parse({ ...this.#faults, ...change });
    this.#log("info", "faults changed", { faults: change });
    if (this.#faults.marketDataAccess !== marketDataAccess) reopenStreams(this.#context);
    this.#reports.release(this.#context);
    if (this.#faults.connection === "refuse") this.#listener.close();
    else if (!this.#downtime.isRunning && !this.isListening) return this.#listener.open();
    return undefined;
  }

  #onSecond(epochS: number): void {
    this.#director.reach(epochS);
    passMarketSecond(this.#context, epochS);
    const { restartAt, restartDowntimeS = 75 } = this.#options;
    if (!isRestartSecond(epochS, restartAt)) return;
    const downtimeMs = (restartDowntimeS * 1000) / this.#clock.speed;
    this.#log("info", "daily restart", { marketTime: marketTimeText(epochS), downtimeMs });
    void this.restart({ downtimeMs });
  }

  #marketTime(): string {
    return marketTimeText(this.#clock.nowS());
  }
}

/** Starts a simulated gateway and resolves once its port is open. @throws as {@link SimulatedGateway} does. */
export async function startSimulatedGateway(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
  const gateway = new SimulatedGateway(options);
  await gateway.start();
  return gateway;
}
