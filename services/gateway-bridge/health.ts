import type { GatewayStatus } from "#libs/contracts/mod.ts";
import type { HealthReport } from "#libs/service/mod.ts";
import { LINES_MAX } from "./market-data/needs.ts";
import type { Book } from "./orders/book.ts";

export interface HealthInput {
  readonly status: GatewayStatus;
  readonly counts: { readonly ticks: number; readonly quotes: number };
  readonly marketData: { readonly lines: number; readonly without: number; readonly heldBars: number };
  readonly book: Book;
  readonly waitingApprovals: number;
  readonly tradingDay: string | null;
  readonly nowMs: number;
  readonly busUp: boolean;
}

/** The figures of `pm2 monit` and the status table; rates are taken between two calls. */
export class HealthFigures {
  #before: { readonly ticks: number; readonly quotes: number; readonly atMs: number } | null = null;

  report({ status, counts, marketData, book, waitingApprovals, tradingDay, nowMs, busUp }: HealthInput): HealthReport {
    const before = this.#before ?? { ticks: 0, quotes: 0, atMs: nowMs - 1000 };
    const seconds = Math.max(0.001, (nowMs - before.atMs) / 1000);
    this.#before = { ...counts, atMs: nowMs };
    return {
      ...judge(status, busUp),
      figures: {
        session: status.frozen ? `${status.state}, frozen` : status.state,
        "quotes/s": Math.round((counts.quotes - before.quotes) / seconds),
        "ticks/s": Math.round((counts.ticks - before.ticks) / seconds),
        "data lines": `${marketData.lines} of ${LINES_MAX}`,
        "symbols without data": marketData.without,
        "bars held": marketData.heldBars,
        "open orders": book.open.size + waitingApprovals,
        "submitted today": submittedOn(book, tradingDay),
        "last outage s": status.lastOutage?.marketSeconds ?? 0,
      },
    };
  }
}

function judge(status: GatewayStatus, busUp: boolean): Pick<HealthReport, "status" | "detail"> {
  if (!busUp) return { status: "degraded", detail: "the bus is away: no orders" };
  if (status.state === "ready") return { status: "ok", detail: status.reason };
  return { status: "degraded", detail: `${status.state}: ${status.reason}` };
}

/** Orders of the day that went out, or would have: all but those that expired before they were sent. */
function submittedOn(book: Book, tradingDay: string | null): number {
  if (tradingDay === null) return 0;
  let submitted = book.open.size;
  for (const { day, status } of book.closed.values()) if (day === tradingDay && status !== "expired") submitted += 1;
  return submitted;
}
