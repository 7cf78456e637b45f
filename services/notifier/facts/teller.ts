import type { Bus } from "#libs/bus/mod.ts";
import type { Alert } from "#libs/contracts/mod.ts";
import { monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { denialsAlert, isComplete, orderAlert, tradingStateAlert } from "./alerts.ts";
import { type DenialNotice, denialId, type Facts, type Notice } from "./facts.ts";

/** Denials that come within this time of the last message about denials share the next one. */
const DENIALS_INTERVAL_MS = 20_000;
/** A finished order waits this long for the commissions of its executions. */
const COMMISSION_WAIT_MS = 3000;
/** What happened longer ago, while the notifier was away, is history: the ledger has it. */
const NEWS_AGE_MS_MAX = 24 * 60 * 60 * 1000;
const REMEMBERED_MAX = 4096;

export const isNews = (notice: Notice, wallMs: number): boolean => wallMs - notice.publishedAt <= NEWS_AGE_MS_MAX;

/**
 * Tells the operator, through the alert outbox, what the ledger says: finished orders, denials, changes of the
 * trading state. Each once, also across restarts: an alert's id comes from the fact it tells of.
 */
export class Teller {
  readonly #bus: Bus;
  /** Ids of notices whose alert was raised. */
  readonly #told: Set<string>;
  /** Those of them whose alert is on the disk. */
  readonly #onDisk: Set<string>;
  readonly #waitingSinceMs = new Map<string, number>();
  #deniedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #facts: (() => Facts) | undefined;
  #stopped = false;

  /** @param told ids of alerts that were raised before */
  constructor(bus: Bus, told: ReadonlySet<string>) {
    this.#bus = bus;
    this.#told = new Set(told);
    this.#onDisk = new Set(told);
  }

  /** Tells what was not told yet, now and whenever `consider` is called. */
  begin(facts: () => Facts): void {
    this.#facts = facts;
    const { notices } = facts();
    // A message about denials tells of all before it, too.
    const lastDenial = notices.findLastIndex((notice) => notice.kind === "denial" && this.#told.has(notice.id));
    for (const [index, notice] of notices.entries()) {
      const covered = notice.kind === "denial" && index <= lastDenial;
      if (!covered && isNews(notice, wallNowMs())) continue;
      this.#told.add(notice.id);
      this.#onDisk.add(notice.id);
    }
    this.consider();
  }

  /** Notices whose alert is not on the disk yet: what a snapshot must remember. */
  unrecorded(facts: Facts): Notice[] {
    return facts.notices.filter((notice) => !this.#onDisk.has(notice.id));
  }

  consider(): void {
    if (this.#facts === undefined || this.#stopped) return;
    const facts = this.#facts();
    this.#prune(facts);
    const nowMs = monotonicNowMs();
    const untold = facts.notices.filter((notice) => !this.#told.has(notice.id));
    let lookAgainMs = Number.POSITIVE_INFINITY;

    for (const notice of untold) {
      if (notice.kind === "trading-state") this.#raise([notice], notice.id, tradingStateAlert(notice));
      if (notice.kind !== "order") continue;
      const sinceMs = this.#waitingSinceMs.get(notice.id) ?? nowMs;
      this.#waitingSinceMs.set(notice.id, sinceMs);
      const dueMs = sinceMs + COMMISSION_WAIT_MS;
      if (isComplete(facts, notice) || nowMs >= dueMs) this.#raise([notice], notice.id, orderAlert(facts, notice));
      else lookAgainMs = Math.min(lookAgainMs, dueMs);
    }

    const denials = untold.filter((notice): notice is DenialNotice => notice.kind === "denial");
    const last = denials.at(-1);
    if (last) {
      const dueMs = this.#deniedAtMs + DENIALS_INTERVAL_MS;
      if (nowMs >= dueMs) {
        this.#deniedAtMs = nowMs;
        this.#raise(denials, denialId(last.clientOrderId), denialsAlert(denials));
      } else lookAgainMs = Math.min(lookAgainMs, dueMs);
    }

    clearTimeout(this.#timer);
    if (lookAgainMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.consider(), Math.max(1, Math.ceil(lookAgainMs - nowMs)));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #raise(notices: readonly Notice[], id: string, alert: Alert | undefined): void {
    for (const notice of notices) {
      this.#told.add(notice.id);
      this.#waitingSinceMs.delete(notice.id);
    }
    if (alert === undefined) return;
    this.#bus.alert(alert, { id, causedBy: notices.at(-1)?.causedBy ?? null }).then(
      () => {
        for (const notice of notices) this.#onDisk.add(notice.id);
      },
      (error: unknown) => {
        for (const notice of notices) this.#told.delete(notice.id);
        this.#bus.context.logger.error({ id, error: String(error) }, "an alert could not be recorded");
      },
    );
  }

  /** Forgets what the facts have forgotten. */
  #prune(facts: Facts): void {
    if (this.#told.size < REMEMBERED_MAX) return;
    const known = new Set(facts.notices.map(({ id }) => id));
    for (const set of [this.#told, this.#onDisk]) for (const id of set) if (!known.has(id)) set.delete(id);
  }
}
