import type { LedgerIntegrity } from "#libs/bus/mod.ts";
import type { HealthReport } from "#libs/service/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import type { Run } from "../core/run.ts";
import type { DaysPlan } from "./days-plan.ts";
import type { Roster } from "./roster.ts";

/** What the service has done since it started. */
export class Figures {
  bars = 0;
  signals = 0;
  asked = 0;
  denied = 0;
  readonly quotes = new Rate();
}

interface Inputs {
  readonly runs: readonly Run[];
  readonly refused: Roster["refused"];
  readonly plan: DaysPlan;
  readonly busUp: boolean;
  readonly integrity: LedgerIntegrity;
  readonly riskAway: boolean;
  readonly figures: Figures;
}

/** `ok` only when every strategy of today's gameplan can do its work, or there is nothing to do today. */
export function describeHealth({ runs, refused, plan, busUp, integrity, riskAway, figures }: Inputs): HealthReport {
  const failed = runs.filter((run) => run.memory.status === "failed");
  const lacks = [
    ...(busUp ? [] : ["the bus is away: no orders"]),
    ...(integrity.ok ? [] : ["the ledger holds less than this service has seen: restore it from the backup"]),
    ...(riskAway ? ["the risk service does not answer: no orders"] : []),
    ...(plan.idle?.lacking ? [plan.idle.detail] : []),
    ...refused.map(({ strategy, message }) => `${strategy} cannot run: ${message}`),
    ...runs
      .filter(({ memory }) => memory.awaits.length > 0)
      .map(({ plan: { strategy }, memory }) => `${strategy} waits for the past of ${memory.awaits.join(", ")}`),
    ...failed.map(({ plan: { strategy }, memory }) => `${strategy} failed: ${memory.reason}`),
  ];
  const working = runs.flatMap((run) => Object.keys(run.memory.book.orders)).length;
  const total = runs.length + refused.length;
  return {
    status: lacks.length === 0 ? "ok" : "degraded",
    detail: lacks.length === 0 ? (plan.idle?.detail ?? atWork(runs.length)) : lacks.join("; "),
    figures: {
      strategies: total === 0 ? "none" : `${runs.length - failed.length} of ${total}`,
      "trading day": plan.tradingDay ?? "none",
      "quotes/s": figures.quotes.perSecond(),
      bars: figures.bars,
      signals: figures.signals,
      "orders asked": figures.asked,
      "orders denied": figures.denied,
      "orders working": working,
    },
  };
}

const atWork = (count: number): string => `${count} ${count === 1 ? "strategy" : "strategies"} at work`;

/** Counts since the last reading, per second. */
class Rate {
  #count = 0;
  #sinceMs = monotonicNowMs();

  count(events: number): void {
    this.#count += events;
  }

  perSecond(): number {
    const nowMs = monotonicNowMs();
    const rate = (this.#count * 1000) / Math.max(1, nowMs - this.#sinceMs);
    this.#count = 0;
    this.#sinceMs = nowMs;
    return Math.round(rate);
  }
}
