import type { AccountSummary, Alert } from "#libs/contracts/mod.ts";
import * as alerts from "./alerts.ts";
import { summaryOf } from "./tags.ts";

/** What the figures need of a connection. */
export interface AccountChannel {
  askAccountSummary(requestId: number): void;
  cancelAccountSummary(requestId: number): void;
  askProfit(requestId: number, account: string): void;
  cancelProfit(requestId: number): void;
  /** Values of the account's own subscription: alone they say when the server resets (`accountReady`). */
  askAccountUpdates(account: string): void;
}

export interface BrokerAccountOptions {
  readonly nextRequestId: () => number;
  /** Machine monotonic clock. */
  readonly nowMs: () => number;
  /** Machine wall clock, epoch milliseconds. */
  readonly wallMs: () => number;
  readonly alert: (alert: Alert) => void;
  readonly onChanged: () => void;
}

/**
 * The broker pushes values every three minutes, and only those that changed (tws.md 6.3). Silence for longer than
 * that may be a quiet account or a dead subscription: it is asked anew, which brings every value.
 */
const RENEW_AFTER_MS = 4 * 60_000;
/** How long the answer to that may take before the next attempt. */
const RENEW_AGAIN_MS = 15_000;
/** Figures that were not heard for this long are not published any more; risk then denies entries as ACCOUNT_STALE. */
const FIGURES_MAX_AGE_MS = 5 * 60_000;
/** Code for a third account summary; the gateway may still hold one that was just cancelled (tws.md 6.1). */
const TOO_MANY_SUMMARIES = 322;
const REFUSED_AGAIN_MS = 1000;
/** Refusals in a row before the operator hears of it. */
const REFUSALS_TOLD = 3;

/** The account's figures as the broker tells them, how old they are, and whether they can be believed. */
export class BrokerAccount {
  readonly #options: BrokerAccountOptions;
  readonly #tags = new Map<string, string>();
  #profit: NonNullable<AccountSummary["profit"]> | null = null;
  #channel: AccountChannel | null = null;
  #account: string | null = null;
  #summaryRequests: number[] = [];
  #profitRequest: number | null = null;
  /** False while the broker's server resets: what it says meanwhile may be wrong. */
  #serverReady = true;
  /** Whether every value came since this connection was first asked: a part of them tells of two moments at once. */
  #complete = false;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #heardAtWallMs = 0;
  #askAgainAtMs = Number.POSITIVE_INFINITY;
  #refusals = 0;
  #staleTold = false;

  constructor(options: BrokerAccountOptions) {
    this.#options = options;
  }

  /** Asks for everything. @param fresh false on a connection that was asked before: what it still sends is ended. */
  begin(channel: AccountChannel, account: string, fresh: boolean): void {
    if (fresh) {
      this.#summaryRequests = [];
      this.#profitRequest = null;
      this.#serverReady = true;
    }
    this.#channel = channel;
    this.#account = account;
    this.#expectAll();
    this.#refusals = 0;
    // First: figures of a server that resets may be 0, and would look like the loss of everything. On a connection
    // that was asked before, what it said last holds until it says otherwise.
    channel.askAccountUpdates(account);
    this.#askSummary();
    if (this.#profitRequest !== null) channel.cancelProfit(this.#profitRequest);
    this.#profitRequest = this.#options.nextRequestId();
    channel.askProfit(this.#profitRequest, account);
  }

  onSessionLost(): void {
    this.#channel = null;
    this.#askAgainAtMs = Number.POSITIVE_INFINITY;
  }

  summaryValue(tag: string, value: string): void {
    if (!this.#serverReady) return;
    this.#tags.set(tag, value);
    this.#heard();
  }

  /** Every value of the summary came. */
  summaryEnded(): void {
    this.#refusals = 0;
    if (!this.#serverReady) return;
    this.#complete = true;
    this.#heard();
    if (this.#staleTold) this.#options.alert(alerts.figuresCurrent());
    this.#staleTold = false;
  }

  /** A value of the account's own subscription. */
  updateValue(key: string, value: string): void {
    if (key !== "accountReady") return;
    const isReady = value !== "false";
    if (isReady === this.#serverReady) return;
    this.#serverReady = isReady;
    if (!isReady) {
      this.#options.alert(alerts.serverResets());
      return;
    }
    this.#options.alert(alerts.serverReadyAgain());
    // What came before is not known to be right, so every value is read again.
    this.#expectAll();
    this.#askSummary();
  }

  /** Not a reason to publish: it changes with every price, and the summary carries the newest. */
  profit(daily: number | null, unrealized: number | null, realized: number | null): void {
    this.#profit = daily === null ? null : { daily, unrealized, realized };
  }

  /** @returns whether the request was one for the account's figures. */
  requestFailed(requestId: number, code: number, text: string): boolean {
    if (requestId === this.#profitRequest) {
      this.#profit = null;
      return true;
    }
    if (!this.#summaryRequests.includes(requestId)) return false;
    this.#refusals += 1;
    if (this.#refusals === REFUSALS_TOLD) this.#options.alert(alerts.summaryRefused(code, text));
    this.#askAgainAtMs = this.#options.nowMs() + (code === TOO_MANY_SUMMARIES ? REFUSED_AGAIN_MS : RENEW_AGAIN_MS);
    return true;
  }

  /** Call it now and then. @param ready whether the session is ready: only then are figures to be expected. */
  onTime(ready: boolean): void {
    const now = this.#options.nowMs();
    if (this.#channel === null) return;
    if (now >= this.#askAgainAtMs) this.#askSummary();
    const isStale = now - this.#heardAtMs > FIGURES_MAX_AGE_MS;
    if (!ready || !this.#serverReady || !isStale || this.#staleTold) return;
    this.#staleTold = true;
    this.#options.alert(alerts.figuresStale(Math.round(FIGURES_MAX_AGE_MS / 60_000)));
  }

  /** Null while the figures are not known, are too old, or cannot be believed: then they are not told as if they were new. */
  summary(): AccountSummary | null {
    if (this.#account === null || !this.#isCurrent()) return null;
    const figures = summaryOf(this.#account, this.#tags);
    return figures === null ? null : { ...figures, profit: this.#profit, figuresAt: this.#heardAtWallMs };
  }

  #isCurrent(): boolean {
    return this.#serverReady && this.#complete && this.#options.nowMs() - this.#heardAtMs <= FIGURES_MAX_AGE_MS;
  }

  /** Nothing that was heard before counts; how long the silence lasts is counted from here. */
  #expectAll(): void {
    this.#complete = false;
    this.#heardAtMs = this.#options.nowMs();
  }

  #heard(): void {
    this.#heardAtMs = this.#options.nowMs();
    this.#heardAtWallMs = Math.round(this.#options.wallMs());
    this.#askAgainAtMs = this.#heardAtMs + RENEW_AFTER_MS;
    this.#options.onChanged();
  }

  /** A connection may have two summaries: those asked before are ended first, whether or not they were answered. */
  #askSummary(): void {
    const { nextRequestId, nowMs } = this.#options;
    const channel = this.#channel;
    if (channel === null) return;
    for (const request of this.#summaryRequests) channel.cancelAccountSummary(request);
    const request = nextRequestId();
    this.#summaryRequests = [request];
    channel.askAccountSummary(request);
    this.#askAgainAtMs = nowMs() + RENEW_AGAIN_MS;
  }
}
