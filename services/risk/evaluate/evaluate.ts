import type { Approval, DenyReason, OrderIntent } from "#libs/contracts/mod.ts";
import { countsDayTrades } from "../checks/day-trades.ts";
import { CHECKS } from "../checks/table.ts";
import { ownFigures, symbolBook } from "../state/positions.ts";
import { type Facts, factsOf } from "./facts.ts";
import type { Moment, RiskView } from "./view.ts";

export type Evaluation =
  | { readonly outcome: "approved"; readonly approval: Approval }
  | { readonly outcome: "denied"; readonly reasons: readonly DenyReason[] };

/**
 * Decides on an order: every check that fails is a reason, not only the first. Pure; the caller reserves what is
 * approved before it does anything else, so that two orders cannot both take the last of a limit.
 *
 * @param askedAtMs machine wall clock when the question was sent, epoch milliseconds
 */
export function evaluate(intent: OrderIntent, view: RiskView, now: Moment, askedAtMs = now.wallMs): Evaluation {
  const facts = factsOf(intent, view, now, askedAtMs);
  const isExit = facts.purpose.kind === "exit";
  const reasons: DenyReason[] = [];
  for (const { code, exitsExempt, check } of CHECKS) {
    if (isExit && exitsExempt) continue;
    const detail = check(facts);
    if (detail !== null) reasons.push({ code, detail });
  }
  return reasons.length > 0 ? { outcome: "denied", reasons } : { outcome: "approved", approval: approve(facts) };
}

function approve(facts: Facts): Approval {
  const { intent, view, now, purpose, worstPrice } = facts;
  const { approvalTtlMs } = view.limits;
  // An exit passes also where no price is known: what it was bought at is then the best that can be said of it.
  const price = worstPrice ?? ownFigures(symbolBook(view.book, intent.symbol)).basis;
  return {
    intent,
    approvedAtMonotonicMs: now.monotonicMs,
    expiresAtMonotonicMs: now.monotonicMs + approvalTtlMs,
    expiresAt: now.wallMs + approvalTtlMs,
    reducesRisk: purpose.kind === "exit",
    reserved: {
      notional: intent.quantity * price,
      dayTrade: purpose.kind === "entry" && !intent.holdOvernight && countsDayTrades(facts),
    },
  };
}
