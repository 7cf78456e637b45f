import type { LedgerFold } from "#libs/bus/mod.ts";
import {
  type ClientOrderId,
  controlMessage,
  type Gameplan,
  interestMessage,
  type Outcome,
  signalMessage,
} from "#libs/contracts/mod.ts";
import type { HealthReport, Service, ServiceContext } from "#libs/service/mod.ts";
import { shortNameOf } from "#libs/strategy-kit/mod.ts";
import { monotonicNowMs, type Session, wallNowMs } from "#libs/time/mod.ts";
import { advance } from "../core/advance.ts";
import { closes } from "../core/plan-limits.ts";
import type { Effect, Run, RunEvent } from "../core/run.ts";
import { Alerts } from "./alerts.ts";
import { cancelOrder } from "./cancel-order.ts";
import { leftPosition, OVERLOADED, RISK_UNAVAILABLE, slow, undecided } from "./conditions.ts";
import { DaysPlan } from "./days-plan.ts";
import { type Books, type OwnedFact, openBooks } from "./facts.ts";
import { describeHealth, Figures } from "./health.ts";
import { Inbox } from "./inbox.ts";
import { MarketFeed } from "./market-feed.ts";
import { type Answer, RiskDesk } from "./risk-desk.ts";
import { factEvent, makeRoster, type Roster } from "./roster.ts";
import { Snapshots } from "./snapshots.ts";

/** Market time is also read between the bridge's messages, so that a minute passes while the gateway is away. */
const CLOCK_SAMPLE_MS = 100;
/** A handler that takes longer keeps every strategy from its quotes. */
const SLOW_HANDLER_MS = 250;

/** An event and whom it concerns: one strategy by name or by the short name in its order ids, or everyone. */
type Mail = {
  readonly to: "all" | { readonly strategy: string } | { readonly owner: string };
  readonly event: RunEvent;
};

/** The day's strategies between the bus and the pure core: brings events in, carries effects out. */
export class StrategyHost implements Service {
  readonly #context: ServiceContext<"strategy">;
  readonly #libraryPath: string;
  readonly #runs = new Map<string, Run>();
  #refused: Roster["refused"] = [];
  readonly #inbox: Inbox<Mail>;
  readonly #snapshots: Snapshots;
  readonly #desk: RiskDesk;
  readonly #feed: MarketFeed;
  readonly #plan: DaysPlan;
  readonly #figures = new Figures();
  readonly #alerts: Alerts;
  #books: LedgerFold<Books> | undefined;
  #sampler: NodeJS.Timeout | undefined;
  #riskAway = false;
  #interest: string | undefined;

  /** Opens the ledger, reads the gameplan and starts what it names; resolves when the first judgement is made. */
  static async open(
    context: ServiceContext<"strategy">,
    paths: { readonly gameplanPath: string; readonly libraryPath: string },
  ): Promise<StrategyHost> {
    const host = new StrategyHost(context, paths);
    await host.#start();
    return host;
  }

  private constructor(
    context: ServiceContext<"strategy">,
    paths: { readonly gameplanPath: string; readonly libraryPath: string },
  ) {
    const { bus, clock, calendar } = context;
    this.#context = context;
    this.#libraryPath = paths.libraryPath;
    this.#alerts = new Alerts(bus);
    this.#inbox = new Inbox(
      (mail) => this.#deliver(mail),
      () => this.#alerts.once(OVERLOADED),
    );
    this.#snapshots = new Snapshots(bus, (strategy) => this.#runs.get(strategy));
    this.#desk = new RiskDesk({
      bus,
      isOpen: (id) => this.#isPending(id),
      onlyCloses: (intent) => {
        const held = this.#runs.get(intent.strategy)?.memory.book.positions[intent.symbol]?.quantity ?? 0;
        return closes(intent, held);
      },
      onAnswer: (intent, answer) => this.#onAnswer(intent.strategy, answer),
      onRisk: (available) => this.#onRisk(available),
    });
    this.#feed = new MarketFeed(bus, {
      onBar: ({ data, id }) => {
        this.#figures.bars += 1;
        this.#inbox.push({ to: "all", event: { type: "bar", bar: data, ...this.#now(id) } }, { expendable: true });
      },
      onQuote: ({ data, id, marketTime }) => {
        this.#figures.quotes.count(data.ticks);
        const now = this.#now(id);
        const event = { type: "quote" as const, quote: data, ...now, marketTimeMs: marketTime ?? now.marketTimeMs };
        this.#inbox.push({ to: "all", event }, { key: `quote ${data.symbol}` });
      },
      onClock: (marketTimeMs, id) => this.#onClock(marketTimeMs, id),
    });
    this.#plan = new DaysPlan({
      path: paths.gameplanPath,
      bus,
      clock,
      calendar,
      accept: (plan, session, reload) => this.#accept(plan, session, reload),
      dismiss: () => this.#dismiss(),
    });
  }

  health(): HealthReport {
    return describeHealth({
      runs: [...this.#runs.values()],
      refused: this.#refused,
      plan: this.#plan,
      busUp: this.#context.bus.up,
      integrity: this.#books?.integrity ?? { ok: true },
      riskAway: this.#riskAway,
      figures: this.#figures,
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#sampler);
    await this.#plan.stop();
    this.#feed.stop();
    this.#desk.stop();
    this.#inbox.pause();
    if (this.#context.bus.up) await this.#snapshots.flush(this.#runs.keys());
    await this.#books?.stop();
  }

  async #start(): Promise<void> {
    const { bus } = this.#context;
    this.#books = await openBooks(bus, (fact, books) => this.#onFact(fact, books));
    bus.serve(controlMessage, ["strategy", "reload"], () => this.#reload());
    bus.onChange((up) => {
      if (up) this.#readNewestBars();
    });
    await this.#plan.start();
    await this.#publishInterest();
    this.#sampler = setInterval(() => {
      const nowMs = this.#context.clock.nowMs();
      if (nowMs !== undefined) this.#onClock(nowMs, null);
    }, CLOCK_SAMPLE_MS);
  }

  async #accept(plan: Gameplan, session: Session, reload: boolean): Promise<void> {
    const { bus, logger } = this.#context;
    // What comes in while strategies are made waits, so that none of them misses a fact after its snapshot.
    this.#inbox.pause();
    try {
      const roster = await makeRoster({
        bus,
        libraryPath: this.#libraryPath,
        snapshots: this.#snapshots,
        plan,
        session,
        current: this.#runs,
        books: () => ({ books: this.#books?.state.books ?? {}, sequence: this.#books?.sequence ?? 0 }),
        reload,
      });
      const gone = [...this.#runs.keys()].filter((name) => !roster.runs.some((run) => run.plan.strategy === name));
      await this.#letGo(gone);
      for (const run of roster.runs) this.#runs.set(run.plan.strategy, run);
      this.#refused = roster.refused;
      for (const { strategy, code, message } of roster.refused) {
        const title = `Strategy ${strategy} cannot run`;
        this.#alerts.once({ key: message, severity: "critical", code, title, text: message });
      }
      for (const { strategy, effects } of roster.effects) {
        for (const effect of effects) this.#carryOut(strategy, effect);
      }
      for (const run of roster.runs) this.#resumePending(run);
      const names = roster.runs.map((run) => run.plan.strategy);
      await this.#snapshots.flush(names);
      logger.info({ tradingDay: session.date, strategies: names }, "the gameplan is at work");
    } finally {
      this.#feed.follow([...this.#runs.values()]);
      this.#inbox.resume();
    }
    await this.#publishInterest();
    this.#readNewestBars();
  }

  /** The day is over. What a strategy keeps overnight it meant to keep. */
  async #dismiss(): Promise<void> {
    await this.#snapshots.flush(this.#runs.keys());
    this.#runs.clear();
    this.#refused = [];
    this.#feed.follow([]);
    await this.#publishInterest();
  }

  /** Ends strategies that the plan no longer names. What they hold stays, and that is said. */
  async #letGo(strategies: readonly string[]): Promise<void> {
    await this.#snapshots.flush(strategies);
    for (const strategy of strategies) {
      const book = this.#runs.get(strategy)?.memory.book;
      this.#runs.delete(strategy);
      const held = Object.entries(book?.positions ?? {}).map(([symbol, { quantity }]) => `${quantity} ${symbol}`);
      if (held.length === 0) continue;
      this.#alerts.once(leftPosition(strategy, held));
    }
  }

  /** Goes on with what was asked for before the process ended. */
  #resumePending(run: Run): void {
    for (const { intent, stage, askedAtMs, reasons } of Object.values(run.memory.pending)) {
      if (stage === "refused") {
        this.#onAnswer(run.plan.strategy, { type: "refused", clientOrderId: intent.clientOrderId, reasons });
      } else if (stage !== "approved") {
        this.#desk.ask({ intent, causedBy: null, askedAtMs, repeated: true });
      }
    }
  }

  async #reload(): Promise<Outcome> {
    await this.#plan.judge(true);
    const { status, detail } = this.health();
    return { ok: status === "ok", message: detail };
  }

  #onFact(owned: OwnedFact, { books, news }: Books): void {
    const book = books[owned.owner];
    if (book === undefined) return;
    this.#inbox.push({ to: { owner: owned.owner }, event: { ...factEvent(owned), book, news } });
  }

  #onClock(marketTimeMs: number, messageId: string | null): void {
    this.#plan.onClock();
    const event = { type: "clock" as const, ...this.#now(messageId), marketTimeMs };
    this.#inbox.push({ to: "all", event }, { key: "clock" });
  }

  #onAnswer(strategy: string, answer: Answer): void {
    if (answer.type === "refused" || (answer.type === "decision" && answer.decision.outcome === "denied")) {
      this.#figures.denied += 1;
    }
    if (answer.type === "undecided") this.#alerts.once(undecided(answer.clientOrderId));
    this.#inbox.push({ to: { strategy }, event: { ...answer, ...this.#now(null) } });
  }

  #onRisk(available: boolean): void {
    this.#riskAway = !available;
    if (available) this.#alerts.clear(RISK_UNAVAILABLE.key);
    else this.#alerts.once(RISK_UNAVAILABLE);
  }

  #deliver({ to, event }: Mail): void {
    for (const [strategy, run] of this.#runs) {
      if (to !== "all" && ("strategy" in to ? to.strategy !== strategy : to.owner !== shortNameOf(strategy))) continue;
      const beganAtMs = monotonicNowMs();
      const advanced = advance(run, event);
      const tookMs = monotonicNowMs() - beganAtMs;
      if (tookMs > SLOW_HANDLER_MS) this.#alerts.once(slow(strategy, event, tookMs, run.plan.tradingDay));
      this.#runs.set(strategy, advanced.run);
      for (const effect of advanced.effects) this.#carryOut(strategy, effect);
    }
  }

  #carryOut(strategy: string, effect: Effect): void {
    const { bus } = this.#context;
    switch (effect.type) {
      case "save-ahead": {
        const run = this.#runs.get(strategy);
        if (run !== undefined) this.#snapshots.ahead(run);
        return;
      }
      case "save":
        this.#snapshots.soon(strategy);
        return;
      case "ask":
        this.#figures.asked += 1;
        this.#desk.ask({ intent: effect.intent, causedBy: effect.causedBy, askedAtMs: wallNowMs(), repeated: false });
        return;
      case "refused":
        this.#onAnswer(strategy, effect);
        return;
      case "cancel":
        void cancelOrder(
          bus,
          effect,
          this.#alerts,
          (id) => this.#runs.get(strategy)?.memory.book.orders[id] !== undefined,
        );
        return;
      case "signal":
        this.#figures.signals += 1;
        this.#keep("signal", bus.record(signalMessage, [strategy], effect.signal, effect));
        return;
      case "alert":
        this.#keep("alert", bus.alert(effect.alert, { causedBy: effect.causedBy }));
        return;
    }
  }

  #keep(what: string, recording: Promise<unknown>): void {
    recording.catch((error: unknown) => {
      this.#context.logger.error({ what, error: String(error) }, "what a strategy said could not be kept");
    });
  }

  async #publishInterest(): Promise<void> {
    const symbols = [...new Set([...this.#runs.values()].flatMap((run) => run.plan.symbols))].sort();
    const key = symbols.join();
    if (key === this.#interest) return;
    await this.#context.bus.record(interestMessage, [], { symbols: symbols.slice(0, 100), since: wallNowMs() });
    this.#interest = key;
  }

  #readNewestBars(): void {
    this.#feed.readNewest().catch((error: unknown) => {
      this.#context.logger.warn({ error: String(error) }, "the newest bars could not be read; the next ones follow");
    });
  }

  #isPending(id: ClientOrderId): boolean {
    return [...this.#runs.values()].some((run) => run.memory.pending[id] !== undefined);
  }

  /** When something came in. Without a market clock no strategy runs, so the fallback never decides anything. */
  #now(causedBy: string | null): { marketTimeMs: number; machineMs: number; causedBy: string | null } {
    const machineMs = wallNowMs();
    return { marketTimeMs: this.#context.clock.nowMs() ?? machineMs, machineMs, causedBy };
  }
}
