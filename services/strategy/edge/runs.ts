import { type ClientOrderId, type OrderIntent, signalMessage } from "#libs/contracts/mod.ts";
import type { ServiceContext } from "#libs/service/mod.ts";
import { shortNameOf } from "#libs/strategy-kit/mod.ts";
import { monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { advance } from "../core/advance.ts";
import { closes } from "../core/plan-limits.ts";
import type { Effect, Run, RunEvent } from "../core/run.ts";
import type { Alerts } from "./alerts.ts";
import { cancelOrder } from "./cancel-order.ts";
import { OVERLOADED, RISK_UNAVAILABLE, slow, undecided } from "./conditions.ts";
import type { Figures } from "./health.ts";
import { type Answer, RiskDesk } from "./risk-desk.ts";
import { Snapshots } from "./snapshots.ts";

/** A handler that takes longer keeps every strategy from its quotes. */
const SLOW_HANDLER_MS = 250;

/** Bars that wait with a strategy for its past. */
const HELD_BARS_MAX = 10_000;

/** An event and whom it concerns: one strategy by name or by the short name in its order ids, or everyone. */
export interface Mail {
  readonly to: "all" | { readonly strategy: string } | { readonly owner: string };
  readonly event: RunEvent;
}

interface RunsOptions {
  readonly context: ServiceContext<"strategy">;
  readonly alerts: Alerts;
  readonly figures: Figures;
  /** What became of a question; it comes back as an event, in its turn. */
  readonly onAnswer: (strategy: string, answer: Answer) => void;
}

/** The strategies at work: each event makes the next run, and what it asked for is carried out in its order. */
export class Runs {
  readonly #runs = new Map<string, Run>();
  /** Bars that came before the past that a strategy waits for; they follow it. */
  readonly #held = new Map<string, Mail[]>();
  readonly #options: RunsOptions;
  readonly #desk: RiskDesk;
  readonly snapshots: Snapshots;
  riskAway = false;

  constructor(options: RunsOptions) {
    const { bus } = options.context;
    this.#options = options;
    this.snapshots = new Snapshots(bus, (strategy) => this.#runs.get(strategy));
    this.#desk = new RiskDesk({
      bus,
      isOpen: (id) => this.#isPending(id),
      onlyCloses: (intent) => this.#onlyCloses(intent),
      onAnswer: (intent, answer) => this.#onAnswer(intent.strategy, answer),
      onRisk: (available) => this.#onRisk(available),
    });
  }

  get all(): readonly Run[] {
    return [...this.#runs.values()];
  }

  get byName(): ReadonlyMap<string, Run> {
    return this.#runs;
  }

  /** Puts a run to work, and goes on with what it had asked for before the process ended. */
  resume(run: Run, effects: readonly Effect[]): void {
    const { strategy } = run.plan;
    this.#runs.set(strategy, run);
    for (const effect of effects) this.#carryOut(strategy, effect);
    for (const { intent, stage, askedAtMs, reasons } of Object.values(run.memory.pending)) {
      if (stage === "refused") {
        this.#onAnswer(strategy, { type: "refused", clientOrderId: intent.clientOrderId, reasons });
      } else if (stage !== "approved") {
        this.#desk.ask({ intent, causedBy: null, askedAtMs, repeated: true });
      }
    }
  }

  /** Ends strategies, with their snapshots on the disk. */
  async end(strategies: readonly string[]): Promise<void> {
    await this.snapshots.flush(strategies);
    for (const strategy of strategies) {
      this.#runs.delete(strategy);
      this.#held.delete(strategy);
    }
  }

  deliver({ to, event }: Mail): void {
    for (const [strategy, run] of this.#runs) {
      if (to !== "all" && ("strategy" in to ? to.strategy !== strategy : to.owner !== shortNameOf(strategy))) continue;
      if (this.#waits(run, { to: { strategy }, event })) continue;
      const beganAtMs = monotonicNowMs();
      const advanced = advance(run, event);
      const tookMs = monotonicNowMs() - beganAtMs;
      if (tookMs > SLOW_HANDLER_MS) this.#options.alerts.once(slow(strategy, event, tookMs, run.plan.tradingDay));
      this.#runs.set(strategy, advanced.run);
      for (const effect of advanced.effects) this.#carryOut(strategy, effect);
      if (event.type === "history" && advanced.run.memory.awaits.length === 0) this.#release(strategy);
    }
  }

  /**
   * Whether a strategy is not told yet: market data before its past would be an order of events that it never sees
   * otherwise. Quotes and minutes are left out, since the next ones are near; what became of its orders always passes.
   */
  #waits(run: Run, mail: Mail): boolean {
    const { type } = mail.event;
    if (run.memory.awaits.length === 0 || (type !== "bar" && type !== "quote" && type !== "clock")) return false;
    if (type !== "bar") return true;
    const held = this.#held.get(run.plan.strategy) ?? [];
    this.#held.set(run.plan.strategy, held);
    if (held.length < HELD_BARS_MAX) held.push(mail);
    else this.#options.alerts.once(OVERLOADED);
    return true;
  }

  #release(strategy: string): void {
    const held = this.#held.get(strategy) ?? [];
    this.#held.delete(strategy);
    for (const mail of held) this.deliver(mail);
  }

  async stop(): Promise<void> {
    this.#desk.stop();
    if (this.#options.context.bus.up) await this.snapshots.flush([...this.#runs.keys()]);
  }

  #carryOut(strategy: string, effect: Effect): void {
    const { context, figures, alerts } = this.#options;
    const { bus } = context;
    switch (effect.type) {
      case "save-ahead": {
        const run = this.#runs.get(strategy);
        if (run !== undefined) this.snapshots.ahead(run);
        return;
      }
      case "save":
        this.snapshots.soon(strategy);
        return;
      case "ask":
        figures.asked += 1;
        this.#desk.ask({ intent: effect.intent, causedBy: effect.causedBy, askedAtMs: wallNowMs(), repeated: false });
        return;
      case "refused":
        this.#onAnswer(strategy, effect);
        return;
      case "cancel":
        void cancelOrder(bus, effect, alerts, (id) => this.#runs.get(strategy)?.memory.book.orders[id] !== undefined);
        return;
      case "signal":
        figures.signals += 1;
        this.#keep("signal", bus.record(signalMessage, [strategy], effect.signal, effect));
        return;
      case "alert":
        this.#keep("alert", bus.alert(effect.alert, { causedBy: effect.causedBy }));
        return;
    }
  }

  #keep(what: string, recording: Promise<unknown>): void {
    recording.catch((error: unknown) => {
      this.#options.context.logger.error({ what, error: String(error) }, "what a strategy said could not be kept");
    });
  }

  #onAnswer(strategy: string, answer: Answer): void {
    const { figures, alerts, onAnswer } = this.#options;
    const denied = answer.type === "refused" || (answer.type === "decision" && answer.decision.outcome === "denied");
    if (denied) figures.denied += 1;
    if (answer.type === "undecided") alerts.once(undecided(answer.clientOrderId));
    onAnswer(strategy, answer);
  }

  #onRisk(available: boolean): void {
    this.riskAway = !available;
    if (available) this.#options.alerts.clear(RISK_UNAVAILABLE.key);
    else this.#options.alerts.once(RISK_UNAVAILABLE);
  }

  #isPending(id: ClientOrderId): boolean {
    return this.all.some((run) => run.memory.pending[id] !== undefined);
  }

  #onlyCloses(intent: OrderIntent): boolean {
    return closes(intent, this.#runs.get(intent.strategy)?.memory.book.positions[intent.symbol]?.quantity ?? 0);
  }
}
