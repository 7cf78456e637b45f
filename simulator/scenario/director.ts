import { instantOf, marketDayAt } from "../market/new-york.ts";
import type { Action } from "./actions.ts";
import type { Step, When } from "./steps.ts";

/** What a step can wait for, as it happens. */
export type StageEvent =
  | { readonly kind: "received"; readonly message: string }
  | { readonly kind: "sent"; readonly message: string }
  | { readonly kind: "connect" }
  | { readonly kind: "ready" };

export interface Stage {
  /** Does one action: at once, or with a promise of its end. */
  readonly perform: (action: Action) => Promise<void> | void;
  /** Runs a function once after a machine delay. */
  readonly later: (delayMs: number, run: () => void) => void;
  readonly marketNowS: () => number;
  /** Told of an action that failed; the rest of its step is left out. */
  readonly onFailure: (action: Action, error: unknown) => void;
}

interface Armed {
  readonly step: Step;
  seen: number;
}

/**
 * Holds the steps that are still to come and sets them off. What sets a step off is seen before it has any other
 * effect, and actions that need no time are done by the time the call returns: a fault set on the third PLACE_ORDER
 * meets the third PLACE_ORDER.
 */
export class Director {
  readonly #stage: Stage;
  #armed: Armed[] = [];
  readonly #atMarketTime: { readonly epochS: number; readonly step: Step }[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  arm(steps: readonly Step[]): void {
    for (const step of steps) this.#arm(step);
  }

  /** Something happened at the gateway. */
  see(event: StageEvent): void {
    if (this.#armed.length === 0) return;
    const fired: Step[] = [];
    this.#armed = this.#armed.filter((armed) => {
      const { when } = armed.step;
      if (!isAbout(when, event)) return true;
      armed.seen += 1;
      if (armed.seen < when.nth) return true;
      fired.push(armed.step);
      return when.every;
    });
    for (const step of fired) this.#run(step);
  }

  /** The market clock reached this second. */
  reach(epochS: number): void {
    while (this.#atMarketTime[0] !== undefined && this.#atMarketTime[0].epochS <= epochS) {
      const due = this.#atMarketTime.shift();
      if (due !== undefined) this.#run(due.step);
    }
  }

  #arm(step: Step): void {
    const { when } = step;
    switch (when.on) {
      case "start":
        this.#run(step);
        return;
      case "elapsed":
        this.#stage.later(when.seconds * 1000, () => this.#run(step));
        return;
      case "market-time":
        this.#atMarketTime.push({ epochS: nextInstant(when.at, this.#stage.marketNowS()), step });
        this.#atMarketTime.sort((a, b) => a.epochS - b.epochS);
        this.reach(this.#stage.marketNowS());
        return;
      default:
        this.#armed.push({ step, seen: 0 });
    }
  }

  #run(step: Step): void {
    void this.#runAll(step.do);
  }

  /** Goes on without a pause until an action takes time, and then from its end. */
  async #runAll(actions: readonly Action[]): Promise<void> {
    for (const action of actions) {
      try {
        const ending = this.#stage.perform(action);
        if (ending !== undefined) await ending;
      } catch (error) {
        this.#stage.onFailure(action, error);
        return;
      }
    }
  }
}

type Counted = Extract<When, { readonly nth: number }>;

function isAbout(when: When, event: StageEvent): when is Counted {
  switch (event.kind) {
    case "received":
    case "sent":
      return when.on === event.kind && when.message === event.message;
    case "connect":
    case "ready":
      return when.on === event.kind;
  }
}

/** The first instant from now on at which New York's clocks show a time. */
function nextInstant(time: string, nowS: number): number {
  const { date } = marketDayAt(nowS);
  const today = instantOf(date, time);
  if (today >= nowS) return today;
  return instantOf(Temporal.PlainDate.from(date).add({ days: 1 }).toString(), time);
}
