import type { Bus, OutboxAlert } from "#libs/bus/mod.ts";
import { type Alert, type Delivery, deliveryMessage, type Envelope } from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep, tradingDayOf, wallNowMs } from "#libs/time/mod.ts";
import type { Webhook } from "../discord/webhook.ts";
import { render } from "../message/render.ts";
import { decide, emptyQueue, type QueueEffect, type QueueEvent, type QueueState } from "../queue/decide.ts";
import { type Draft, type Entry, keyOf } from "../queue/entry.ts";
import type { PaceSettings } from "../queue/pace.ts";
import { discordBack, discordUnreachable, WEBHOOK_REFUSED, webhookRefused } from "./own-alerts.ts";
import type { Recovered } from "./recover.ts";

/** A third of the time after which the server hands an alert out again (`ACK_WAIT` in libs/bus/provision.ts). */
const WORKING_INTERVAL_MS = 10_000;

/** A receipt is written in milliseconds; while the bus is away messages go all the same. */
const RECEIPT_WAIT_MS = 2000;

/** Far more than the server has handed out at a time (`maxAckPending` in libs/contracts/streams.ts). */
const ENDED_MAX = 10_000;

export interface OutboxOptions {
  readonly bus: Bus;
  /** Null without a webhook: alerts stay in the stream, with a receipt that says so. */
  readonly webhook: Webhook | null;
  readonly pace: PaceSettings;
  readonly recovered: Recovered;
  /** Takes the webhook's address out of a text. */
  readonly scrub: (text: string) => string;
}

/** What came of an alert. */
type Ending = { readonly outcome: Delivery["outcome"]; readonly messageId: string | null; readonly detail: string };

/**
 * Carries out what the delivery queue decides: posts to Discord, writes a receipt for what came of each alert, and
 * then settles it, in this order. A kill between any two of these loses nothing: without the receipt the alert is
 * sent (again), with it it is only settled.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #handles = new Map<string, OutboxAlert>();
  /** Alerts whose receipt is being written. */
  readonly #ending = new Map<string, Promise<void>>();
  /** Alerts with a receipt, the newest of them: one that is handed out again is only settled. */
  readonly #ended: Set<string>;
  /** Alerts that are not in the stream. */
  readonly #withoutBus = new Set<string>();
  readonly #waiting = new Map<string, ((ending: Ending) => void)[]>();
  readonly #working: NodeJS.Timeout;
  #state: QueueState;
  #wake: NodeJS.Timeout | undefined;
  #stopping = false;
  #idle: () => void = () => undefined;
  #day = tradingDayOf(wallNowMs());
  #deliveredToday: number;
  #keptToday: number;
  #lastDeliveryAtMs: number | null;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#state = emptyQueue(options.pace, monotonicNowMs());
    this.#ended = new Set(options.recovered.ended);
    this.#deliveredToday = options.recovered.deliveredToday;
    this.#keptToday = options.recovered.keptToday;
    this.#lastDeliveryAtMs = options.recovered.lastDeliveryAtMs;
    this.#working = setInterval(() => {
      for (const handle of this.#handles.values()) handle.working();
    }, WORKING_INTERVAL_MS);
  }

  /** Takes up what was left from before. */
  begin(): void {
    for (const { sequence, envelope } of this.#options.recovered.pending) this.#enter(sequence, envelope);
  }

  /** Takes an alert that the outbox hands out. What is known already is only given its handle. */
  take(alert: OutboxAlert): void {
    const { sequence, envelope } = alert;
    const key = keyOf(envelope.id, envelope.publishedAt);
    if (this.#ended.has(key)) {
      this.#settle(key, alert);
      return;
    }
    this.#handles.set(key, alert);
    const known = this.#ending.has(key) || this.#state.entries.some((entry) => entry.key === key);
    if (!known) this.#enter(sequence, envelope);
  }

  /**
   * Sends an alert that cannot be raised because the bus itself is away. It is in memory only, and once on its way it
   * is not known to the ledger.
   */
  tellWithoutBus(alert: Alert): void {
    const { bus, webhook } = this.#options;
    bus.context.logger.error({ alert: alert.code, text: alert.text }, alert.title);
    if (webhook === null) return;
    const entry = this.#entryOf(Number.MAX_SAFE_INTEGER, bus.envelope(alert));
    this.#withoutBus.add(entry.key);
    this.#dispatch({ kind: "alert", entry, nowMs: monotonicNowMs() });
  }

  /** Lets messages go again after Discord refused the webhook or was out of reach, because the operator says so. */
  retry(): void {
    this.#dispatch({ kind: "retry", nowMs: monotonicNowMs() });
  }

  /** Resolves with what comes of an alert that is not dealt with yet. */
  outcomeOf(alertId: string): Promise<Ending> {
    return new Promise((resolve) => {
      this.#waiting.set(alertId, [...(this.#waiting.get(alertId) ?? []), resolve]);
    });
  }

  get state(): QueueState {
    return this.#state;
  }

  get figures(): {
    readonly deliveredToday: number;
    readonly keptToday: number;
    readonly lastDeliveryAtMs: number | null;
  } {
    this.#turnDay();
    return {
      deliveredToday: this.#deliveredToday,
      keptToday: this.#keptToday,
      lastDeliveryAtMs: this.#lastDeliveryAtMs,
    };
  }

  /** Sends nothing more; waits up to `graceMs` for the message in flight and the receipts. The rest is on the disk. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#wake);
    clearInterval(this.#working);
    const done = (async () => {
      if (this.#state.inFlight !== null) await new Promise<void>((resolve) => (this.#idle = resolve));
      await Promise.all(this.#ending.values());
    })();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([done, new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)))]);
    clearTimeout(timer);
    await this.#options.webhook?.close();
  }

  #enter(sequence: number, envelope: Envelope<Alert>): void {
    const entry = this.#entryOf(sequence, envelope);
    if (this.#options.webhook === null) {
      this.#end(entry, { outcome: "kept", messageId: null, detail: "no webhook is set" });
      return;
    }
    this.#dispatch({ kind: "alert", entry, nowMs: monotonicNowMs() });
  }

  #entryOf(sequence: number, envelope: Envelope<Alert>): Entry {
    const { scrub } = this.#options;
    const alert = envelope.data;
    return {
      key: keyOf(envelope.id, envelope.publishedAt),
      id: envelope.id,
      sequence,
      alert: {
        ...alert,
        title: scrub(alert.title),
        text: scrub(alert.text),
        fields: alert.fields.map(({ name, value }) => ({ name: scrub(name), value: scrub(value) })),
      },
      source: envelope.source,
      mode: envelope.mode,
      marketTime: envelope.marketTime,
      publishedAt: envelope.publishedAt,
      plain: false,
    };
  }

  #dispatch(event: QueueEvent): void {
    if (this.#stopping && event.kind !== "answer") return;
    const { state, effects } = decide(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: QueueEffect): void {
    const { logger } = this.#options.bus.context;
    switch (effect.kind) {
      case "post":
        void this.#post(effect.draft);
        return;
      case "delivered":
        for (const entry of effect.entries) {
          this.#end(entry, { outcome: "delivered", messageId: effect.messageId, detail: "" });
        }
        return;
      case "refused":
        logger.error({ alertId: effect.entry.id, detail: effect.detail }, "Discord refused this alert for good");
        this.#end(effect.entry, { outcome: "refused", messageId: null, detail: effect.detail });
        return;
      case "wake":
        clearTimeout(this.#wake);
        this.#wake = setTimeout(
          () => this.#dispatch({ kind: "wake", nowMs: monotonicNowMs() }),
          Math.max(0, Math.ceil(effect.atMs - monotonicNowMs())),
        );
        return;
      case "delayed":
        logger.warn({ forMs: effect.forMs, detail: effect.detail }, "Discord took no message, it is repeated");
        return;
      case "stopped":
        logger.error({ detail: effect.detail }, "Discord refuses the webhook: nothing more is sent, alerts are kept");
        // A second refusal after the operator's test is the same state.
        if (!this.#state.entries.some(({ alert }) => alert.code === WEBHOOK_REFUSED)) {
          this.#raise(webhookRefused(effect.detail));
        }
        return;
      case "unreachable":
        this.#raise(discordUnreachable(effect.detail));
        return;
      case "reachable":
        this.#raise(discordBack(effect.outageMs));
    }
  }

  async #post(draft: Draft): Promise<void> {
    const { webhook } = this.#options;
    if (webhook === null || this.#stopping) return;
    await this.#receipts();
    if (this.#stopping) {
      this.#idle();
      return;
    }
    const answer = await webhook.post(render(draft, wallNowMs()));
    this.#dispatch({ kind: "answer", answer, nowMs: monotonicNowMs(), jitter: Math.random() });
    this.#idle();
  }

  /** What went before has its receipt: a kill repeats what has none. Not for ever: an alert about the bus has to go. */
  async #receipts(): Promise<void> {
    if (this.#ending.size === 0) return;
    await Promise.race([Promise.all(this.#ending.values()), sleep(RECEIPT_WAIT_MS)]);
  }

  #raise(alert: Alert): void {
    const { bus } = this.#options;
    bus.alert(alert).catch((error: unknown) => {
      bus.context.logger.error({ code: alert.code, error: String(error) }, "an alert could not be recorded");
    });
  }

  #end(entry: Entry, ending: Ending): void {
    if (this.#withoutBus.delete(entry.key)) return;
    const ended = this.#record(entry, ending).finally(() => this.#ending.delete(entry.key));
    this.#ending.set(entry.key, ended);
  }

  async #record(entry: Entry, ending: Ending): Promise<void> {
    const { bus } = this.#options;
    try {
      await bus.record(
        deliveryMessage,
        [],
        {
          alertId: entry.id,
          alertPublishedAt: entry.publishedAt,
          outcome: ending.outcome,
          discordMessageId: ending.messageId,
          detail: ending.detail,
        },
        { causedBy: entry.id },
      );
    } catch (error) {
      // The alert stays unsettled on the disk. In this process it is not sent again; after a restart it may be.
      this.#remember(entry.key);
      bus.context.logger.error({ alertId: entry.id, error: String(error) }, "a delivery receipt could not be recorded");
      return;
    }
    this.#remember(entry.key);
    this.#count(ending.outcome);
    for (const resolve of this.#waiting.get(entry.id) ?? []) resolve(ending);
    this.#waiting.delete(entry.id);
    const handle = this.#handles.get(entry.key);
    // Without a handle it was taken over from the stream: it is settled when the server hands it out again.
    if (handle) this.#settle(entry.key, handle);
  }

  #remember(key: string): void {
    this.#ended.add(key);
    if (this.#ended.size <= ENDED_MAX) return;
    for (const oldest of this.#ended) {
      this.#ended.delete(oldest);
      return;
    }
  }

  #settle(key: string, handle: OutboxAlert): void {
    this.#handles.delete(key);
    handle.settle().catch((error: unknown) => {
      this.#options.bus.context.logger.warn(
        { error: String(error) },
        "an alert is settled when it is handed out again",
      );
    });
  }

  #count(outcome: Delivery["outcome"]): void {
    this.#turnDay();
    if (outcome === "kept") this.#keptToday += 1;
    if (outcome !== "delivered") return;
    this.#deliveredToday += 1;
    this.#lastDeliveryAtMs = monotonicNowMs();
  }

  #turnDay(): void {
    const today = tradingDayOf(wallNowMs());
    if (today === this.#day) return;
    this.#day = today;
    this.#deliveredToday = 0;
    this.#keptToday = 0;
  }
}
