import type { OrderIntent } from "#libs/contracts/mod.ts";
import { type Facts, factsOf } from "./facts.ts";
import type { Moment, RiskView } from "./view.ts";

/** USD of the broker's buying power that an entry would use; its own part is null when no price is known. */
export interface BuyingPowerUse {
  /** What the broker said last. */
  readonly buyingPower: number;
  readonly order: number | null;
  /** Entries that work or are reserved: the broker counts them only when they fill. */
  readonly working: number;
  /** What executions have added to positions since the broker's figures last changed. */
  readonly added: number;
}

export function buyingPowerUseOf({ intent, worstPrice, exposure, view: { book } }: Facts): BuyingPowerUse {
  return {
    buyingPower: book.account?.summary.buyingPower ?? 0,
    order: worstPrice === null ? null : intent.quantity * worstPrice,
    working: exposure.openNotional,
    added: book.addedSinceAccount,
  };
}

/**
 * Whether the broker is to be asked what an entry would do to margin: it comes near the limit by the model, and there
 * is a broker, which a dry-run has not. Exits never wait for an answer.
 */
export function isNearBuyingPower(intent: OrderIntent, view: RiskView, now: Moment): boolean {
  if (view.mode === "dry-run") return false;
  const facts = factsOf(intent, view, now, {});
  if (facts.purpose.kind === "exit") return false;
  const { buyingPower, order, working, added } = buyingPowerUseOf(facts);
  const { whatIfFromFraction } = view.limits;
  if (order === null || whatIfFromFraction >= 1) return false;
  return order + working + added > whatIfFromFraction * buyingPower;
}
