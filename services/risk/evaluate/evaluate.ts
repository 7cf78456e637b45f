import type { Approval, DenyReason, OrderIntent } from "#libs/contracts/mod.ts";
import { figures, type Room } from "../checks/check.ts";
import { countsDayTrades } from "../checks/day-trades.ts";
import { CHECKS } from "../checks/table.ts";
import { ownFigures, symbolBook } from "../state/positions.ts";
import { type Asked, type Facts, factsOf } from "./facts.ts";
import type { Moment, RiskView } from "./view.ts";

export type Evaluation =
  | { readonly outcome: "approved"; readonly approval: Approval }
  | { readonly outcome: "denied"; readonly reasons: readonly DenyReason[] };

/**
 * Decides on an order: every check that fails is a reason, not only the first. Pure; the caller reserves what is
 * approved before it does anything else, so that two orders cannot both take the last of a limit.
 */
export function evaluate(intent: OrderIntent, view: RiskView, now: Moment, asked: Asked = {}): Evaluation {
  return decisionOn(factsOf(intent, view, now, asked));
}

/** What one check says of an order; `exempt` is what would deny an entry and lets this exit pass. */
export interface Assessed {
  readonly code: string;
  readonly verdict: "passes" | "denies" | "exempt";
  /** `key=value` pairs of the figures that were compared. */
  readonly detail: string;
  /** What the limit would leave after the order; null where nothing is counted. */
  readonly room: Room | null;
}

/** What every check says of an order that nobody sends, those that pass too, and the decision it would get. Pure. */
export function assess(
  intent: OrderIntent,
  view: RiskView,
  now: Moment,
  asked: Asked = {},
): { readonly evaluation: Evaluation; readonly isExit: boolean; readonly checks: readonly Assessed[] } {
  const facts = factsOf(intent, view, now, asked);
  const checks = CHECKS.map(({ code, exitsExempt, judge }): Assessed => {
    const { denies, compared, room } = judge(facts);
    const isExempt = exitsExempt && facts.purpose.kind === "exit";
    return { code, verdict: !denies ? "passes" : isExempt ? "exempt" : "denies", detail: figures(compared), room };
  });
  return { evaluation: decisionOn(facts), isExit: facts.purpose.kind === "exit", checks };
}

function decisionOn(facts: Facts): Evaluation {
  const isExit = facts.purpose.kind === "exit";
  const reasons: DenyReason[] = [];
  for (const { code, exitsExempt, judge } of CHECKS) {
    if (isExit && exitsExempt) continue;
    const { denies, compared } = judge(facts);
    if (denies) reasons.push({ code, detail: figures(compared) });
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
      dayTrade: purpose.kind === "entry" && !intent.holdOvernight && countsDayTrades(view, facts),
    },
  };
}
