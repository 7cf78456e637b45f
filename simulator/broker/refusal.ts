import type { Instrument } from "../market/instrument.ts";
import type { ContractQuery } from "../protocol/contract.ts";
import type { OrderTerms } from "../protocol/place-order.ts";
import { kindOf } from "./order-types.ts";
import { isTriggerMethod } from "./trigger-method.ts";

/** Why the broker does not take a request: the code and text of the ERR_MSG that says so. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

const timesInForce = new Set(["DAY", "GTC", "IOC"]);

/** 321, the code for a request whose fields do not make sense. */
export function invalidRequest(cause: string): Refusal {
  return { code: 321, text: `Error validating request.-'bO' : cause - ${cause}` };
}

export const noSecurityDefinition: Refusal = {
  code: 200,
  text: "No security definition has been found for the request",
};

/** Checks that need nothing but the order itself. Codes as in tws.md 6.2. */
export function refusalOfTerms(terms: OrderTerms, account: string, minTick: number): Refusal | undefined {
  if (terms.account !== "" && terms.account !== account) return invalidRequest("Invalid account code");
  if (terms.action !== "BUY" && terms.action !== "SELL") return invalidRequest("Invalid side");
  if (terms.totalQuantity <= 0) return { code: 434, text: "The order size cannot be zero." };
  if (!Number.isInteger(terms.totalQuantity)) {
    return { code: 10243, text: "Fractional-sized order cannot be placed via API." };
  }
  const kind = kindOf(terms.orderType);
  if (kind === undefined) {
    return { code: 387, text: "Unsupported order type for this exchange and security type." };
  }
  if (!isTriggerMethod(terms.triggerMethod)) return { code: 146, text: "Invalid trigger method." };
  if (!timesInForce.has(terms.timeInForce)) return invalidRequest("Invalid time in force");
  if (kind.isOnClose && terms.timeInForce !== "DAY") return invalidRequest("Invalid time in force");
  if (kind.trigger === "trail") return refusalOfTrail(terms, minTick);
  const refusal = kind.hasLimit ? refusalOfPrice(terms.limitPrice, "limit price", minTick) : undefined;
  if (refusal !== undefined || kind.trigger === "none") return refusal;
  return refusalOfPrice(terms.auxPrice, kind.trigger === "touch" ? "trigger price" : "stop price", minTick);
}

/** One distance, an amount or a percentage; and a TRAIL LIMIT needs to know where its limit goes with the stop. */
function refusalOfTrail(terms: OrderTerms, minTick: number): Refusal | undefined {
  const { trailingPercent, auxPrice, trailStopPrice, limitPrice, limitPriceOffset } = terms;
  if (trailingPercent !== undefined && trailingPercent > 0 && trailingPercent < 100) {
    if (auxPrice !== undefined && auxPrice > 0) return invalidRequest("Trailing amount and percentage are both set");
  } else {
    const refusal = refusalOfPrice(auxPrice, "trailing amount", minTick);
    if (refusal !== undefined) return refusal;
  }
  if (trailStopPrice !== undefined) {
    const refusal = refusalOfPrice(trailStopPrice, "trailing stop price", minTick);
    if (refusal !== undefined) return refusal;
  }
  if (terms.orderType !== "TRAIL LIMIT" || limitPriceOffset !== undefined) return undefined;
  return limitPrice === undefined || trailStopPrice === undefined
    ? invalidRequest("Missing limit price offset")
    : refusalOfPrice(limitPrice, "limit price", minTick);
}

/** A real gateway wants to be told where to route, also when there is only one sensible answer. */
export function refusalOfRouting(contract: ContractQuery): Refusal | undefined {
  return contract.exchange === "" ? invalidRequest("Missing order exchange") : undefined;
}

export const noPermission: Refusal = { code: 460, text: "No trading permissions." };

/** What the account may trade. */
export interface Permissions {
  /** Stocks in dollars; nothing else is traded here. */
  readonly stockPermission: boolean;
  readonly restrictedSymbols: readonly string[];
}

/** 203 for what is closed to this account, 460 for a market it has no permission for. */
export function refusalOfPermission(
  { secType, currency, symbol }: Pick<Instrument, "secType" | "currency" | "symbol">,
  { stockPermission, restrictedSymbols }: Permissions,
): Refusal | undefined {
  if (restrictedSymbols.includes(symbol)) {
    return { code: 203, text: "The security is not available or allowed for this account." };
  }
  if (secType === "STK" && currency === "USD" && stockPermission) return undefined;
  return noPermission;
}

/**
 * A coin is bought at the market for an amount of dollars, and then has no size (IBKR's list of message codes, and
 * erdewit/ib_insync#407 for the first).
 */
export function refusalOfCoinSize(secType: Instrument["secType"], terms: OrderTerms): Refusal | undefined {
  if (secType !== "CRYPTO" || terms.action !== "BUY") return undefined;
  const hasCash = terms.cashQuantity !== undefined && terms.cashQuantity > 0;
  if (hasCash && terms.totalQuantity > 0) {
    return { code: 10293, text: "Cryptocurrency Cash Quantity order cannot specify size" };
  }
  if (hasCash || terms.orderType !== "MKT") return undefined;
  return { code: 10289, text: "You must set Cash Quantity for this order" };
}

function refusalOfPrice(price: number | undefined, what: string, minTick: number): Refusal | undefined {
  if (price === undefined || price <= 0) return invalidRequest(`Missing or invalid ${what}`);
  const ticks = price / minTick;
  if (Math.abs(ticks - Math.round(ticks)) < 1e-6) return undefined;
  return { code: 110, text: "The price does not conform to the minimum price variation for this contract." };
}
