/** A question to the broker's history; two that are equal in every field are identical to the broker. */
export interface HistoricalRequest {
  readonly kind: "bars" | "head-timestamp";
  readonly symbol: string;
  readonly exchange: string;
  /** TRADES, MIDPOINT, BID, ASK, BID_ASK ... */
  readonly whatToShow: string;
  /** Seconds in a bar; of no meaning for a head timestamp. */
  readonly barSeconds: number;
  /** As they are written to the gateway. */
  readonly endDateTime: string;
  readonly duration: string;
  readonly regularHoursOnly: boolean;
}

/** At most so many questions without an answer (tws.md 6.3). */
const OPEN_MAX = 50;
/** An identical question may be asked again only after this. */
const IDENTICAL_MS = 15_000;
/** Fewer than six for one contract, exchange and type in two seconds. */
const BURST = { max: 5, windowMs: 2000 };
/** Bars of 30 s and less, and head timestamps: at most 60 in ten minutes. Larger bars are slowed by the gateway. */
const SMALL = { max: 60, windowMs: 600_000 };
const SMALL_BAR_SECONDS_MAX = 30;
/** New real-time bar subscriptions: at most 60 in ten minutes. */
const REAL_TIME_BARS = { max: 60, windowMs: 600_000 };
/** The broker counts when a message arrives: two may arrive closer together than they left. */
const MARGIN_MS = 250;

/**
 * The broker's pacing rules for history and for real-time bars (tws.md 6.3), which it answers with 162 or 420 when
 * they are broken. They belong to the account, not to a connection: one object for the life of the process. The rule
 * on identical questions and the one on bursts are kept for bars of every size, since larger ones are only "slowed",
 * by an amount nobody has published.
 *
 * Pure: it reads no clock. All times are machine milliseconds on one clock that does not run backwards.
 */
export class HistoricalPacing {
  readonly #askedAtMs = new Map<string, number>();
  readonly #bursts = new Map<string, RollingLimit>();
  readonly #small = new RollingLimit(SMALL.max, SMALL.windowMs);
  readonly #realTimeBars = new RollingLimit(REAL_TIME_BARS.max, REAL_TIME_BARS.windowMs);
  #open = 0;

  /**
   * 0 when it may be asked now, and then {@link asked} has to be called; else milliseconds after which it is worth
   * looking again (while 50 are open nobody knows when one ends: look again in a second, or when one does).
   */
  mayAsk(request: HistoricalRequest, nowMs: number): number {
    const weight = weightOf(request);
    const askedAtMs = this.#askedAtMs.get(identityOf(request));
    return Math.max(
      this.#open < OPEN_MAX ? 0 : 1000,
      askedAtMs === undefined ? 0 : Math.max(0, askedAtMs + IDENTICAL_MS + MARGIN_MS - nowMs),
      this.#bursts.get(familyOf(request))?.waitMs(weight, nowMs) ?? 0,
      isSmall(request) ? this.#small.waitMs(weight, nowMs) : 0,
    );
  }

  asked(request: HistoricalRequest, nowMs: number): void {
    this.#forgetBefore(nowMs);
    const weight = weightOf(request);
    const family = familyOf(request);
    const burst = this.#bursts.get(family) ?? new RollingLimit(BURST.max, BURST.windowMs);
    burst.add(weight, nowMs);
    this.#bursts.set(family, burst);
    if (isSmall(request)) this.#small.add(weight, nowMs);
    this.#askedAtMs.set(identityOf(request), nowMs);
    this.#open += 1;
  }

  /** One of the questions was answered, refused or withdrawn. */
  ended(): void {
    this.#open = Math.max(0, this.#open - 1);
  }

  /** The connection is gone, and with it every open question; what was asked still counts. */
  connectionLost(): void {
    this.#open = 0;
  }

  /** As {@link mayAsk}, for a new subscription to real-time bars; then call {@link subscribedBars}. */
  maySubscribeBars(nowMs: number): number {
    return this.#realTimeBars.waitMs(1, nowMs);
  }

  subscribedBars(nowMs: number): void {
    this.#realTimeBars.add(1, nowMs);
  }

  #forgetBefore(nowMs: number): void {
    for (const [identity, atMs] of this.#askedAtMs) {
      if (nowMs - atMs >= IDENTICAL_MS + MARGIN_MS) this.#askedAtMs.delete(identity);
    }
    for (const [family, burst] of this.#bursts) if (burst.isEmpty(nowMs)) this.#bursts.delete(family);
  }
}

/** At most `max` units in any window. */
class RollingLimit {
  readonly #max: number;
  readonly #windowMs: number;
  /** When each unit was spent, oldest first. */
  #spentAtMs: number[] = [];

  constructor(max: number, windowMs: number) {
    this.#max = max;
    this.#windowMs = windowMs + MARGIN_MS;
  }

  waitMs(units: number, nowMs: number): number {
    const spent = this.#spentAtMs.filter((atMs) => nowMs - atMs < this.#windowMs);
    const tooMany = spent.length + units - this.#max;
    const freeing = spent[tooMany - 1];
    return tooMany <= 0 || freeing === undefined ? 0 : freeing + this.#windowMs - nowMs;
  }

  add(units: number, nowMs: number): void {
    this.#spentAtMs = this.#spentAtMs.filter((atMs) => nowMs - atMs < this.#windowMs);
    for (let unit = 0; unit < units; unit += 1) this.#spentAtMs.push(nowMs);
  }

  isEmpty(nowMs: number): boolean {
    return this.#spentAtMs.every((atMs) => nowMs - atMs >= this.#windowMs);
  }
}

/** The broker counts a question for bids and asks twice. */
const weightOf = ({ whatToShow }: HistoricalRequest): number => (whatToShow === "BID_ASK" ? 2 : 1);

const isSmall = ({ kind, barSeconds }: HistoricalRequest): boolean =>
  kind === "head-timestamp" || barSeconds <= SMALL_BAR_SECONDS_MAX;

const familyOf = ({ symbol, exchange, whatToShow }: HistoricalRequest): string =>
  JSON.stringify([symbol, exchange, whatToShow]);

function identityOf(request: HistoricalRequest): string {
  const { kind, symbol, exchange, whatToShow, barSeconds, endDateTime, duration, regularHoursOnly } = request;
  return JSON.stringify([kind, symbol, exchange, whatToShow, barSeconds, endDateTime, duration, regularHoursOnly]);
}
