import type { ContractQuery } from "../protocol/contract.ts";
import type { OrderTerms } from "../protocol/place-order.ts";

/** Why the broker does not take a request: the code and text of the ERR_MSG that says so. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

const orderTypes = new Set(["MKT", "LMT", "STP", "STP LMT"]);
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
  if (!orderTypes.has(terms.orderType)) {
    return { code: 387, text: "Unsupported order type for this exchange and security type." };
  }
  if (!timesInForce.has(terms.timeInForce)) return invalidRequest("Invalid time in force");
  if (terms.orderType === "LMT" || terms.orderType === "STP LMT") {
    const refusal = refusalOfPrice(terms.limitPrice, "limit price", minTick);
    if (refusal !== undefined) return refusal;
  }
  if (terms.orderType === "STP" || terms.orderType === "STP LMT") {
    return refusalOfPrice(terms.auxPrice, "stop price", minTick);
  }
  return undefined;
}

/** A real gateway wants to be told where to route, also when there is only one sensible answer. */
export function refusalOfRouting(contract: ContractQuery): Refusal | undefined {
  return contract.exchange === "" ? invalidRequest("Missing order exchange") : undefined;
}

function refusalOfPrice(price: number | undefined, what: string, minTick: number): Refusal | undefined {
  if (price === undefined || price <= 0) return invalidRequest(`Missing or invalid ${what}`);
  const ticks = price / minTick;
  if (Math.abs(ticks - Math.round(ticks)) < 1e-6) return undefined;
  return { code: 110, text: "The price does not conform to the minimum price variation for this contract." };
}
