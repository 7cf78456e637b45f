import { invalidRequest } from "../broker/refusal.ts";
import type { Instrument } from "../market/instrument.ts";
import { compactDateText, marketDayAt } from "../market/new-york.ts";
import type { ContractQuery } from "../protocol/contract.ts";
import type { GatewayContext } from "./context.ts";
import { refuse } from "./refuse.ts";
import { type Resolution, resolveContract } from "./resolve-contract.ts";
import type { Session } from "./session.ts";

/** Resolves a contract on the market's date. */
export function resolve(
  context: GatewayContext,
  contract: ContractQuery,
  options: { readonly continuousFutures?: boolean } = {},
): Resolution {
  const today = compactDateText(marketDayAt(context.clock.nowS()).date);
  return resolveContract(contract, context.market.catalogue, today, options);
}

/**
 * The one instrument a request is about.
 *
 * @returns undefined when there is not exactly one: the client then has been told why.
 */
export function findInstrument(
  context: GatewayContext,
  session: Session,
  reqId: number,
  contract: ContractQuery,
  options: { readonly continuousFutures?: boolean } = {},
): Instrument | undefined {
  const resolution = resolve(context, contract, options);
  if (resolution.kind !== "one") {
    refuse(session, reqId, resolution.refusal);
    return undefined;
  }
  if (contract.exchange === "" && contract.conId <= 0) {
    refuse(session, reqId, invalidRequest("Please enter exchange"));
    return undefined;
  }
  return resolution.instrument;
}
