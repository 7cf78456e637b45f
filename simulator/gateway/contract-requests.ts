import { invalidRequest, noSecurityDefinition } from "../broker/refusal.ts";
import type { Instrument } from "../market/instrument.ts";
import { hoursText, marketDayAt } from "../market/new-york.ts";
import {
  bondContractData,
  contractData,
  contractDataEnd,
  marketRule,
  optionParameters,
  optionParametersEnd,
  symbolSamples,
} from "../protocol/contract-messages.ts";
import type { RequestOf } from "../protocol/requests.ts";
import type { GatewayContext } from "./context.ts";
import { needFarm } from "./farms.ts";
import { resolve } from "./find-instrument.ts";
import { processingError, refuse } from "./refuse.ts";
import type { Session } from "./session.ts";

/** Contracts in one answer to REQ_MATCHING_SYMBOLS, as at the real gateway. */
const symbolSamplesMax = 16;

/** Every contract that fits: a request for details is how a client finds out what there is. */
export function requestContractData(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_CONTRACT_DATA">,
): void {
  const { reqId, contract, secIdType, secId } = request;
  const found =
    secIdType === "" || secId === "" ? matching(context, session, request) : bySecId(context, secIdType, secId);
  if (found === undefined) return;
  if (found.length === 0) {
    refuse(session, reqId, noSecurityDefinition);
    return;
  }
  needFarm(context, session, "contracts");
  for (const instrument of found) {
    const exchange = contract.exchange || (instrument.exchanges[0] ?? instrument.primaryExchange);
    const hours = hoursOf(context, instrument);
    const { bond } = instrument;
    if (bond !== undefined)
      session.send(bondContractData(reqId, { ...instrument, bond }, exchange, hours, session.serverVersion));
    else session.send(contractData(reqId, instrument, exchange, hours, session.serverVersion));
  }
  session.send(contractDataEnd(reqId));
}

function matching(
  context: GatewayContext,
  session: Session,
  { reqId, contract }: RequestOf<"REQ_CONTRACT_DATA">,
): readonly Instrument[] | undefined {
  const resolution = resolve(context, contract, { continuousFutures: true });
  switch (resolution.kind) {
    case "one":
      return [resolution.instrument];
    case "several":
      return resolution.instruments;
    case "refused":
      refuse(session, reqId, resolution.refusal);
      return undefined;
  }
}

function bySecId(context: GatewayContext, secIdType: string, secId: string): readonly Instrument[] {
  return context.market.catalogue.withoutOptions().filter((instrument) => {
    if (secIdType.toUpperCase() === "ISIN") return instrument.isin === secId;
    return secIdType.toUpperCase() === "CUSIP" && instrument.bond?.cusip === secId;
  });
}

/** The simulated markets share one clock: 04:00 to 20:00, of which 09:30 to 16:00 is liquid for what has a session. */
function hoursOf(context: GatewayContext, { secType }: Instrument) {
  const { date } = marketDayAt(context.clock.nowS());
  const extended = hoursText(date, "extended", 6);
  const regular = hoursText(date, "regular", 6);
  if (secType === "OPT") return { trading: regular, liquid: regular };
  const hasSession = secType === "STK" || secType === "IND" || secType === "BOND";
  return { trading: extended, liquid: hasSession ? regular : extended };
}

export function requestMatchingSymbols(
  context: GatewayContext,
  session: Session,
  { reqId, pattern }: RequestOf<"REQ_MATCHING_SYMBOLS">,
): void {
  const wanted = pattern.trim().toUpperCase();
  if (wanted === "") {
    refuse(session, reqId, invalidRequest("Pattern must not be empty"));
    return;
  }
  const { catalogue } = context.market;
  const bySymbol = new Map<string, Instrument>();
  for (const instrument of catalogue.withoutOptions()) {
    const isMatch = instrument.symbol.startsWith(wanted) || instrument.longName.toUpperCase().includes(wanted);
    const name = `${instrument.symbol} ${instrument.secType} ${instrument.currency}`;
    if (isMatch && !bySymbol.has(name)) bySymbol.set(name, instrument);
  }
  const samples = [...bySymbol.values()]
    // The symbol itself comes first, then what begins with it, then what is named so.
    .sort((one, other) => nearness(one, wanted) - nearness(other, wanted))
    .slice(0, symbolSamplesMax)
    .map((instrument) => ({ ...instrument, derivatives: derivativesOf(context, instrument) }));
  session.send(symbolSamples(reqId, samples));
}

function nearness({ symbol }: Instrument, wanted: string): number {
  return symbol === wanted ? 0 : symbol.startsWith(wanted) ? 1 : 2;
}

function derivativesOf(context: GatewayContext, instrument: Instrument): string[] {
  const { catalogue } = context.market;
  const types = new Set(
    catalogue
      .withoutOptions()
      .filter(({ underlying }) => underlying?.conId === instrument.conId)
      .map(({ secType }) => secType as string),
  );
  if (catalogue.isOptionable(instrument)) types.add("OPT");
  return [...types];
}

/** Price steps by the id that contract details name. Rules with one step only: nothing listed here has more. */
const priceSteps: Readonly<Record<number, number>> = { 26: 0.01, 59: 0.005, 67: 0.25, 109: 0.001, 239: 0.00005 };

export function requestMarketRule(session: Session, { marketRuleId }: RequestOf<"REQ_MARKET_RULE">): void {
  const increment = priceSteps[marketRuleId];
  if (increment === undefined) {
    refuse(session, -1, processingError(`Market rule with id = ${marketRuleId} is missing`));
    return;
  }
  session.send(marketRule(marketRuleId, [{ lowEdge: 0, increment }]));
}

/** Security types whose options a client may ask for. */
const optionableTypes = new Set(["STK", "IND", "FUT"]);

export function requestOptionParameters(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_SEC_DEF_OPT_PARAMS">,
): void {
  const { reqId, underlyingSymbol, underlyingSecType, underlyingConId, futFopExchange } = request;
  const { catalogue } = context.market;
  const secType = underlyingSecType.toUpperCase();
  if (!optionableTypes.has(secType)) {
    refuse(session, reqId, invalidRequest(`Invalid security type - ${underlyingSecType}`));
    return;
  }
  if (secType === "FUT" && futFopExchange === "") {
    refuse(session, reqId, invalidRequest(`Missing exchange for security type ${underlyingSecType}`));
    return;
  }
  if (underlyingConId <= 0) {
    refuse(session, reqId, invalidRequest("Invalid contract id"));
    return;
  }
  const underlying = catalogue
    .withoutOptions()
    .find(({ conId, symbol }) => conId === underlyingConId && symbol === underlyingSymbol);
  if (underlying === undefined) {
    refuse(session, reqId, invalidRequest("Invalid contract id"));
    return;
  }
  const chain = catalogue.chainOf(underlying);
  const expirations = sorted(chain.map(({ lastTradeDate }) => lastTradeDate));
  const strikes = [...new Set(chain.map(({ strike }) => strike))].sort((one, other) => one - other);
  // What has no options gets the end marker alone, as at the real gateway.
  for (const exchange of chain[0]?.exchanges ?? []) {
    const parameters = { exchange, underlyingConId, tradingClass: underlying.symbol, multiplier: "100" };
    session.send(optionParameters(reqId, { ...parameters, expirations, strikes }));
  }
  session.send(optionParametersEnd(reqId));
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
