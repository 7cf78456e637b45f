import { type Bus, BusError } from "#libs/bus/mod.ts";
import {
  type Alert,
  type ClientOrderId,
  type CloseOut,
  cancelMessage,
  closeOutMessage,
  type Decision,
  type Envelope,
  type OrderIntent,
} from "#libs/contracts/mod.ts";
import { RiskError } from "../errors.ts";
import type { Moment, RiskView } from "../evaluate/view.ts";
import * as alerts from "./alerts.ts";
import { closingKey } from "./closing-order.ts";
import { type Hindrance, ordersOfOthers, type Step, type WayOut, wayOut } from "./steps.ts";
import { Tries } from "./tries.ts";

/** How long one thing may be in the way before the operator hears of it, machine time. */
const PATIENCE_MS = 60_000;
const CANCEL_TIMEOUT_MS = 2000;
/** What more time does not change. */
const FOR_THE_OPERATOR: ReadonlySet<Hindrance> = new Set(["left-alone", "part-of-a-share", "given-up"]);

const AWAY: ReadonlyMap<string, Hindrance> = new Map([["the account", "gateway-away"]]);

export interface KeeperOptions {
  readonly bus: Pick<Bus, "record" | "request" | "alert" | "envelope" | "up" | "context">;
  readonly view: () => RiskView;
  readonly now: () => Moment;
  /** Risk asks itself like everybody else: a closing order is checked, reserved and recorded as any other (law 1). */
  readonly decide: (request: Envelope<OrderIntent>) => Promise<Decision>;
}

/**
 * Walks the way out: asks a few times a second what is to be done (`wayOut`) and has it done. Everything it must not
 * forget is on the ledger, so that a kill at any moment only costs the time until the next start.
 */
export class CloseOutKeeper {
  readonly #options: KeeperOptions;
  readonly #tries = new Tries();
  /** What the operator is to hear of a cancel; null once it is on the disk. */
  readonly #ofCancels = new Map<ClientOrderId, Alert | null>();
  /** What was decided and the fold does not say yet. */
  #decided: CloseOut | null = null;
  #busy = false;
  /** What is in the way, as {@link alerts.stuckIn} names it. */
  #waiting: { readonly what: string; readonly sinceMs: number; readonly told: boolean } | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** The newest close-out, running or over; null when there never was one. */
  get current(): CloseOut | null {
    return this.#decided ?? this.#options.view().book.closeOut;
  }

  get isRunning(): boolean {
    return this.current?.status === "running";
  }

  /**
   * Begins a close-out, or widens the one that runs; resolves when it is on the disk. One that the ledger does not take
   * is offered to it again at each look, and acts when it is on the disk: without the ledger nothing can be closed, and
   * what protects a position must not be canceled for nothing.
   */
  async begin({ scope, setBy, reason }: Pick<CloseOut, "scope" | "setBy" | "reason">): Promise<void> {
    const { marketMs, wallMs } = this.#options.now();
    const { current } = this;
    if (current?.status === "running") {
      if (current.scope === scope || scope === "explained") return;
      await this.#record({ ...current, scope, setBy, reason: reason.slice(0, 500) });
      return;
    }
    const begun: CloseOut = {
      id: `close-${Math.floor(wallMs).toString(36)}`,
      scope,
      setBy,
      reason: reason.slice(0, 500),
      // Never before the trading state that calls for it, whichever clock was known then.
      since: Math.max(Math.floor(marketMs ?? wallMs), this.#options.view().trading.since),
      status: "running",
      outcome: "",
    };
    try {
      await this.#record(begun);
    } finally {
      await this.#options.bus.alert(alerts.begun(begun, ordersOfOthers(this.#options.view())));
    }
  }

  /** Ends a close-out that runs, whatever is left. */
  async stop(outcome: string): Promise<void> {
    const { current } = this;
    if (current?.status === "running") await this.#record({ ...current, status: "stopped", outcome });
  }

  /** Called when the ledger said what the close-out is. */
  onRecorded(recorded: CloseOut): void {
    const decided = this.#decided;
    if (decided?.id === recorded.id && decided.status === recorded.status && decided.scope === recorded.scope)
      this.#decided = null;
  }

  /** One look; never two at a time. */
  async look(): Promise<void> {
    const { bus, view, now } = this.#options;
    if (this.#busy || !bus.up) return;
    this.#busy = true;
    try {
      const isKept = await this.#keep();
      const { current } = this;
      const moment = now();
      const out = wayOut(view(), isKept ? current : null, this.#tries, moment);
      await Promise.all([this.#tell(out.steps), ...out.steps.map((step) => this.#take(step, current))]);
      if (isKept && current?.status === "running") await this.#judge(current, out);
      else this.#waiting = null;
      const { book, reserved } = view();
      const closings = current === null ? [] : [...book.symbols.keys()].map((symbol) => closingKey(current, symbol));
      this.#tries.keep(new Set([...book.orders.keys(), ...reserved.keys(), ...closings]));
      for (const [id, alert] of this.#ofCancels) {
        if (alert === null && !book.orders.has(id)) this.#ofCancels.delete(id);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Offers to the ledger again what it did not take. @returns whether the ledger has what was decided */
  async #keep(): Promise<boolean> {
    if (this.#decided === null) return true;
    try {
      await this.#record(this.#decided);
      return true;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      this.#options.bus.context.logger.error({ error: String(error) }, "the ledger does not take the close-out");
      return false;
    }
  }

  /**
   * Tells of each canceled order once, also where a kill has it asked for again: the id is the same. What the disk does not
   * take holds no cancel up, and is offered again at the next look (law 8).
   */
  async #tell(steps: readonly Step[]): Promise<void> {
    const { bus } = this.#options;
    for (const step of steps) {
      if (step.do !== "cancel" || step.alert === null || this.#ofCancels.has(step.clientOrderId)) continue;
      this.#ofCancels.set(step.clientOrderId, step.alert);
    }
    for (const [clientOrderId, alert] of this.#ofCancels) {
      if (alert === null) continue;
      try {
        await bus.alert(alert, { id: `${alert.code}-${clientOrderId}` });
        this.#ofCancels.set(clientOrderId, null);
      } catch (error) {
        if (!(error instanceof BusError)) throw error;
        bus.context.logger.error(
          { clientOrderId, error: String(error) },
          "the operator cannot be told of a cancel yet",
        );
      }
    }
  }

  async #take(step: Step, closeOut: CloseOut | null): Promise<void> {
    const { bus, now, decide } = this.#options;
    const { logger } = bus.context;
    try {
      if (step.do === "cancel") {
        const { clientOrderId, reason } = step;
        this.#tries.note(clientOrderId, now().monotonicMs);
        const request = { clientOrderId, reason };
        const { ok, message } = await bus.request(cancelMessage, [], request, { timeoutMs: CANCEL_TIMEOUT_MS });
        logger[ok ? "info" : "warn"]({ clientOrderId }, message);
        return;
      }
      const { symbol, clientOrderId, side, quantity } = step.intent;
      if (closeOut !== null) this.#tries.note(closingKey(closeOut, symbol), now().monotonicMs);
      const decision = await decide(bus.envelope(step.intent));
      logger.info({ clientOrderId, side, quantity, symbol, outcome: decision.outcome }, "closing order");
    } catch (error) {
      // Nobody there, or no answer in time: the ledger tells what became of it, and the next look goes by that.
      if (!(error instanceof BusError || error instanceof RiskError)) throw error;
      logger.warn({ step: step.do, error: String(error) }, "a step of the way out is not answered");
    }
  }

  /** Whether it is over, and whether the operator should hear what is in the way. */
  async #judge(closeOut: CloseOut, { steps, hindrances }: WayOut): Promise<void> {
    const { view } = this.#options;
    const isStill = steps.length === 0;
    if (isStill && hindrances.size === 0) {
      // Flat by the broker's word, not only by ours: its word is current only while the session is ready.
      if (view().book.gateway?.state !== "ready") return await this.#wait(closeOut, AWAY);
      const alert = alerts.flat(closeOut, ordersOfOthers(view()));
      return await this.#finish(closeOut, "flat", "nothing is held and nothing of ours works", alert);
    }
    if (isStill && [...hindrances.values()].every((hindrance) => FOR_THE_OPERATOR.has(hindrance))) {
      const alert = alerts.notFlat(closeOut, hindrances, ordersOfOthers(view()));
      return await this.#finish(closeOut, "given-up", alerts.listOf(hindrances), alert);
    }
    await this.#wait(closeOut, hindrances);
  }

  async #wait(closeOut: CloseOut, hindrances: ReadonlyMap<string, Hindrance>): Promise<void> {
    const nowMs = this.#options.now().monotonicMs;
    const what = alerts.stuckIn(hindrances);
    if (this.#waiting?.what !== what) this.#waiting = { what, sinceMs: nowMs, told: false };
    if (this.#waiting.told || nowMs - this.#waiting.sinceMs < PATIENCE_MS) return;
    this.#waiting = { ...this.#waiting, told: true };
    const { bus, view } = this.#options;
    await bus.alert(alerts.waits(closeOut, hindrances, ordersOfOthers(view())));
  }

  /** Told first and recorded then: a kill between the two tells the operator twice, and never not at all (law 8). */
  async #finish(closeOut: CloseOut, status: CloseOut["status"], outcome: string, alert: Alert): Promise<void> {
    await this.#options.bus.alert(alert);
    const { current } = this;
    // The operator may have widened or ended it meanwhile.
    if (current?.status !== "running" || current.scope !== closeOut.scope) return;
    this.#waiting = null;
    await this.#record({ ...closeOut, status, outcome: outcome.slice(0, 1000) });
  }

  async #record(closeOut: CloseOut): Promise<void> {
    this.#decided = closeOut;
    await this.#options.bus.record(closeOutMessage, [], closeOut, {
      id: `${closeOut.id}-${closeOut.scope}-${closeOut.status}`,
    });
  }
}
