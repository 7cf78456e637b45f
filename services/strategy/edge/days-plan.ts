import type { Bus } from "#libs/bus/mod.ts";
import type { Gameplan } from "#libs/contracts/mod.ts";
import { type Calendar, type MarketClock, type Session, tradingDayOf } from "#libs/time/mod.ts";
import { judgeDay, lacking, type Verdict } from "../plan/judge-day.ts";
import { readGameplan, stampOf } from "../plan/read-gameplan.ts";

const POLL_INTERVAL_MS = 1000;

export interface DaysPlanOptions {
  readonly path: string;
  readonly bus: Bus;
  readonly clock: MarketClock;
  readonly calendar: Calendar;
  /** Makes the strategies of an accepted plan; `reload` when the operator asked for it. */
  readonly accept: (plan: Gameplan, session: Session, reload: boolean) => Promise<void>;
  /** Ends the strategies of a day that is over. */
  readonly dismiss: () => Promise<void>;
}

/**
 * Keeps the service at the gameplan of the market's day: read at the start, when the file changes, when the market's
 * day or phase changes, and when the operator asks. A plan that was accepted for today is not lost to a bad edit of
 * the file: it goes on, and the edit is refused with an alert (law 10).
 */
export class DaysPlan {
  readonly #options: DaysPlanOptions;
  #accepted: { readonly text: string; readonly day: string } | undefined;
  #verdict: Verdict | undefined;
  #alerted = "";
  #stamp: string | undefined;
  #moment = "";
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DaysPlanOptions) {
    this.#options = options;
  }

  /** What is wrong, or why nothing is to do; undefined while the newest gameplan is at work. */
  get idle(): (Verdict & { kind: "idle" }) | undefined {
    return this.#verdict?.kind === "idle" ? this.#verdict : undefined;
  }

  get tradingDay(): string | undefined {
    return this.#accepted?.day;
  }

  async start(): Promise<void> {
    this.#stamp = await stampOf(this.#options.path);
    this.#moment = this.#momentNow();
    await this.judge();
    this.#timer = setInterval(() => void this.#poll(), POLL_INTERVAL_MS);
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    return this.#turn;
  }

  /** Told whenever market time passed: a new day or phase of it is judged anew. */
  onClock(): void {
    const moment = this.#momentNow();
    if (moment === this.#moment) return;
    this.#moment = moment;
    void this.judge();
  }

  /** Reads and judges the gameplan now; one at a time. */
  judge(reload = false): Promise<void> {
    const turn = this.#turn.then(() => this.#judge(reload));
    this.#turn = turn.catch((error: unknown) => this.#onFailure(error));
    return this.#turn;
  }

  async #onFailure(error: unknown): Promise<void> {
    const what = error instanceof Error ? error.message : String(error);
    this.#options.bus.context.logger.error({ error: what }, "the gameplan could not be put to work");
    const verdict = lacking(`the gameplan could not be put to work: ${what}`, {
      severity: "critical",
      code: "GAMEPLAN_FAILED",
      title: "The gameplan could not be put to work",
      text: `${what} \`npx crucible strategy reload\` when the cause is removed.`,
    });
    this.#accepted = undefined;
    this.#verdict = verdict;
    await this.#alert(verdict, false).catch((failure: unknown) => {
      this.#options.bus.context.logger.error({ error: String(failure) }, "the alert about it could not be kept");
    });
  }

  async #judge(reload: boolean): Promise<void> {
    const { path, clock, calendar, accept, dismiss } = this.#options;
    const file = await readGameplan(path);
    const verdict = judgeDay(file, path, clock.nowMs(), calendar);
    this.#verdict = verdict;
    if (verdict.kind === "trade") {
      this.#alerted = "";
      const text = file.kind === "plan" ? file.text : "";
      const day = verdict.session.date;
      if (!reload && this.#accepted?.text === text && this.#accepted.day === day) return;
      this.#accepted = { text, day };
      await accept(verdict.plan, verdict.session, reload);
      return;
    }
    const nowMs = clock.nowMs();
    const goesOn = this.#accepted !== undefined && nowMs !== undefined && this.#accepted.day === tradingDayOf(nowMs);
    if (!goesOn && this.#accepted !== undefined) {
      this.#accepted = undefined;
      await dismiss();
    }
    await this.#alert(verdict, goesOn);
  }

  /** One alert on entering a state, not one a minute. */
  async #alert({ alert }: Verdict & { kind: "idle" }, goesOn: boolean): Promise<void> {
    const key = alert === null ? "" : `${alert.code} ${alert.text}`;
    if (key === this.#alerted) return;
    this.#alerted = key;
    if (alert === null) return;
    const text = goesOn ? `The plan accepted earlier today goes on. ${alert.text}`.slice(0, 2000) : alert.text;
    const title = goesOn ? "The changed gameplan is refused; today's goes on" : alert.title;
    await this.#options.bus.alert({ ...alert, title, text });
  }

  async #poll(): Promise<void> {
    const stamp = await stampOf(this.#options.path);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    await this.judge();
  }

  #momentNow(): string {
    const nowMs = this.#options.clock.nowMs();
    return nowMs === undefined ? "" : `${tradingDayOf(nowMs)} ${this.#options.calendar.phaseAt(nowMs)}`;
  }
}
