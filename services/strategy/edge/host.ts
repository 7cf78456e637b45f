import type { LedgerFold } from "#libs/bus/mod.ts";
import { controlMessage, type Gameplan, interestMessage, type Outcome } from "#libs/contracts/mod.ts";
import type { HealthReport, Service, ServiceContext } from "#libs/service/mod.ts";
import { type Session, wallNowMs } from "#libs/time/mod.ts";
import { Alerts } from "./alerts.ts";
import { cannotRun, leftPosition, leftSymbols, OVERLOADED } from "./conditions.ts";
import { DaysPlan } from "./days-plan.ts";
import { type Books, type OwnedFact, openBooks } from "./facts.ts";
import { describeHealth, Figures } from "./health.ts";
import { Inbox } from "./inbox.ts";
import { MarketFeed } from "./market-feed.ts";
import { factEvent, makeRoster, type Roster } from "./roster.ts";
import { type Mail, Runs } from "./runs.ts";
import { WarmUps } from "./warm-up.ts";

/** Market time is also read between the bridge's messages, so that a minute passes while the gateway is away. */
const CLOCK_SAMPLE_MS = 100;

interface Paths {
  readonly gameplanPath: string;
  readonly libraryPath: string;
}

/** The service: the day's gameplan, its strategies, and what is brought to them from bus and ledger. */
export class StrategyHost implements Service {
  readonly #context: ServiceContext<"strategy">;
  readonly #libraryPath: string;
  readonly #alerts: Alerts;
  readonly #figures = new Figures();
  readonly #inbox: Inbox<Mail>;
  readonly #runs: Runs;
  readonly #feed: MarketFeed;
  readonly #warmUps: WarmUps;
  readonly #plan: DaysPlan;
  #refused: Roster["refused"] = [];
  #books: LedgerFold<Books> | undefined;
  #sampler: NodeJS.Timeout | undefined;
  #interest: string | undefined;

  /** Opens the ledger, reads the gameplan and starts what it names; resolves when the first judgement is made. */
  static async open(context: ServiceContext<"strategy">, paths: Paths): Promise<StrategyHost> {
    const host = new StrategyHost(context, paths);
    await host.#start();
    return host;
  }

  private constructor(context: ServiceContext<"strategy">, { gameplanPath, libraryPath }: Paths) {
    const { bus, clock, calendar } = context;
    this.#context = context;
    this.#libraryPath = libraryPath;
    this.#alerts = new Alerts(bus);
    this.#inbox = new Inbox(
      (mail) => this.#runs.deliver(mail),
      () => this.#alerts.once(OVERLOADED),
    );
    this.#runs = new Runs({
      context,
      alerts: this.#alerts,
      figures: this.#figures,
      onAnswer: (strategy, answer) =>
        this.#inbox.push({ to: { strategy }, event: { ...answer, ...this.#cameIn(null) } }),
    });
    this.#warmUps = new WarmUps({
      bus,
      clock,
      alerts: this.#alerts,
      onHistory: (strategy, history) =>
        this.#inbox.push({ to: { strategy }, event: { type: "history", history, ...this.#cameIn(null) } }),
    });
    this.#feed = new MarketFeed(bus, {
      onBar: ({ data, id }) => {
        this.#figures.bars += 1;
        this.#inbox.push({ to: "all", event: { type: "bar", bar: data, ...this.#cameIn(id) } }, { expendable: true });
      },
      onQuote: ({ data, id, marketTime }) => {
        this.#figures.quotes.count(data.ticks);
        const cameIn = this.#cameIn(id);
        const marketTimeMs = marketTime ?? cameIn.marketTimeMs;
        const event = { type: "quote" as const, quote: data, ...cameIn, marketTimeMs };
        this.#inbox.push({ to: "all", event }, { key: `quote ${data.symbol}` });
      },
      onClock: (marketTimeMs, id) => this.#onClock(marketTimeMs, id),
    });
    this.#plan = new DaysPlan({
      path: gameplanPath,
      bus,
      clock,
      calendar,
      accept: (plan, session, reload) => this.#accept(plan, session, reload),
      dismiss: () => this.#dismiss(),
    });
  }

  health(): HealthReport {
    return describeHealth({
      runs: this.#runs.all,
      refused: this.#refused,
      plan: this.#plan,
      busUp: this.#context.bus.up,
      integrity: this.#books?.integrity ?? { ok: true },
      riskAway: this.#runs.riskAway,
      figures: this.#figures,
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#sampler);
    await this.#plan.stop();
    this.#feed.stop();
    this.#warmUps.stop();
    this.#inbox.pause();
    await this.#runs.stop();
    await this.#books?.stop();
  }

  async #start(): Promise<void> {
    const { bus, clock } = this.#context;
    this.#books = await openBooks(bus, (fact, books) => this.#onFact(fact, books));
    bus.serve(controlMessage, ["strategy", "reload"], () => this.#reload());
    bus.onChange((up) => {
      if (up) this.#readNewestBars();
    });
    await this.#plan.start();
    await this.#publishInterest();
    this.#sampler = setInterval(() => {
      const nowMs = clock.nowMs();
      if (nowMs !== undefined) this.#onClock(nowMs, null);
    }, CLOCK_SAMPLE_MS);
  }

  async #accept(plan: Gameplan, session: Session, reload: boolean): Promise<void> {
    // What comes in while strategies are made waits, so that none of them misses a fact after its snapshot.
    this.#inbox.pause();
    try {
      const roster = await makeRoster({
        bus: this.#context.bus,
        libraryPath: this.#libraryPath,
        snapshots: this.#runs.snapshots,
        plan,
        session,
        current: this.#runs.byName,
        books: () => ({ books: this.#books?.state.books ?? {}, sequence: this.#books?.sequence ?? 0 }),
        reload,
      });
      const names = roster.begun.map(({ run }) => run.plan.strategy);
      const gone = this.#runs.all.filter((run) => !names.includes(run.plan.strategy));
      await this.#runs.end(gone.map((run) => run.plan.strategy));
      for (const run of gone) this.#warmUps.end(run.plan.strategy);
      for (const run of gone) {
        if (Object.keys(run.memory.book.positions).length > 0) this.#alerts.once(leftPosition(run));
      }
      this.#refused = roster.refused;
      for (const refusal of roster.refused) this.#alerts.once(cannotRun(refusal));
      for (const { run, effects } of roster.begun) {
        this.#runs.resume(run, effects);
        this.#warmUps.begin(run);
        const left = leftSymbols(run);
        if (left !== undefined) this.#alerts.once(left);
      }
      await this.#runs.snapshots.flush(names);
      this.#context.logger.info({ tradingDay: session.date, strategies: names }, "the gameplan is at work");
    } finally {
      this.#feed.follow(this.#runs.all);
      this.#inbox.resume();
    }
    await this.#publishInterest();
    this.#readNewestBars();
  }

  /** The day is over. What a strategy keeps overnight it meant to keep. */
  async #dismiss(): Promise<void> {
    this.#warmUps.stop();
    await this.#runs.end([...this.#runs.byName.keys()]);
    this.#refused = [];
    this.#feed.follow([]);
    await this.#publishInterest();
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
    const event = { type: "clock" as const, ...this.#cameIn(messageId), marketTimeMs };
    this.#inbox.push({ to: "all", event }, { key: "clock" });
  }

  /** Tells the bridge whose market data is wanted, when that changed. */
  async #publishInterest(): Promise<void> {
    const symbols = [...new Set(this.#runs.all.flatMap((run) => run.plan.symbols))].sort();
    const key = symbols.join();
    if (key === this.#interest) return;
    await this.#context.bus.record(interestMessage, [], { symbols, since: wallNowMs() });
    this.#interest = key;
  }

  #readNewestBars(): void {
    this.#feed.readNewest().catch((error: unknown) => {
      this.#context.logger.warn({ error: String(error) }, "the newest bars could not be read; the next ones follow");
    });
  }

  /** When something came in. Without a market clock no strategy runs, so the fallback never decides anything. */
  #cameIn(causedBy: string | null): { marketTimeMs: number; machineMs: number; causedBy: string | null } {
    const machineMs = wallNowMs();
    return { marketTimeMs: this.#context.clock.nowMs() ?? machineMs, machineMs, causedBy };
  }
}
