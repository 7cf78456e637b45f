import type { Field } from "./frame.ts";
import { responseIds as id } from "./messages.ts";
import { asciiEscaped, type WireInstrument } from "./responses.ts";
import { hasFeature } from "./versions.ts";

/** Builders of the messages about what is listed, fields in wire order (tws.md 5.3). */

/** What contract details say beyond the contract itself. */
export interface WireDetails extends WireInstrument {
  readonly longName: string;
  readonly stockType: string;
  readonly minTick: number;
  readonly minSize: number;
  readonly marketRuleId: number;
  readonly exchanges: readonly string[];
  readonly isin: string;
  readonly underlying: { readonly conId: number; readonly symbol: string; readonly secType: string } | undefined;
}

export interface WireBond extends WireDetails {
  readonly bond: {
    readonly cusip: string;
    readonly coupon: number;
    readonly issueDate: string;
    readonly maturity: string;
    readonly ratings: string;
    readonly bondType: string;
    readonly description: string;
  };
}

/** Sessions as text, such as "20131008:0930-20131008:1600;20131009:CLOSED". */
export interface WireHours {
  readonly trading: string;
  readonly liquid: string;
}

const orderTypes = "ACTIVETIM,ADJUST,ALERT,COND,DAY,GTC,IOC,LMT,LOC,MKT,MOC,OCA,STP,STPLMT,TRAIL,WHATIF";
const timeZone = "US/Eastern";

/** @param exchange the one that was asked for. */
export function contractData(
  reqId: number,
  instrument: WireDetails,
  exchange: string,
  hours: WireHours,
  serverVersion: number,
): Field[] {
  const { lastTradeDate, underlying, isin } = instrument;
  const fields: Field[] = [id.CONTRACT_DATA, reqId, instrument.symbol, instrument.secType, lastTradeDate];
  if (hasFeature(serverVersion, "lastTradeDate")) fields.push(lastTradeDate);
  fields.push(String(instrument.strike), instrument.right, exchange, instrument.currency);
  fields.push(instrument.localSymbol, instrument.tradingClass, instrument.tradingClass, instrument.conId);
  fields.push(instrument.minTick, instrument.multiplier, orderTypes, instrument.exchanges.join(","), 1);
  fields.push(underlying?.conId ?? 0, asciiEscaped(instrument.longName), instrument.primaryExchange);
  fields.push(lastTradeDate.slice(0, 6), "", "", "");
  fields.push(timeZone, hours.trading, hours.liquid, "", "");
  if (isin === "") fields.push(0);
  else fields.push(1, "ISIN", isin);
  fields.push(1, underlying?.symbol, underlying?.secType);
  fields.push(instrument.exchanges.map(() => instrument.marketRuleId).join(","), lastTradeDate, instrument.stockType);
  fields.push(instrument.minSize, instrument.minSize, instrument.secType === "STK" ? 100 : instrument.minSize);
  if (hasFeature(serverVersion, "ineligibilityReasons")) fields.push(0);
  return fields;
}

/** @param exchange the one that was asked for. */
export function bondContractData(
  reqId: number,
  instrument: WireBond,
  exchange: string,
  hours: WireHours,
  serverVersion: number,
): Field[] {
  const { bond, tradingClass, minSize } = instrument;
  const fields: Field[] = [id.BOND_CONTRACT_DATA, reqId, instrument.symbol, instrument.secType, bond.cusip];
  fields.push(bond.coupon, compact(bond.maturity), compact(bond.issueDate), bond.ratings, bond.bondType, "FIXED");
  // Neither convertible, callable nor putable.
  fields.push(false, false, false, bond.description, exchange, instrument.currency, tradingClass, tradingClass);
  fields.push(instrument.conId, instrument.minTick, orderTypes, instrument.exchanges.join(","));
  // The next option of the issuer: there is none; then notes.
  fields.push("", "", false, "", asciiEscaped(instrument.longName));
  if (hasFeature(serverVersion, "bondTradingHours")) fields.push(timeZone, hours.trading, hours.liquid);
  fields.push("", "", 1, "CUSIP", bond.cusip, 1, String(instrument.marketRuleId), minSize, minSize, minSize);
  return fields;
}

export function contractDataEnd(reqId: number): Field[] {
  return [id.CONTRACT_DATA_END, 1, reqId];
}

export function symbolSamples(
  reqId: number,
  samples: readonly (WireDetails & { readonly derivatives: readonly string[] })[],
): Field[] {
  const fields: Field[] = [id.SYMBOL_SAMPLES, reqId, samples.length];
  for (const { conId, symbol, secType, primaryExchange, currency, derivatives, longName } of samples) {
    fields.push(conId, symbol, secType, primaryExchange, currency, derivatives.length, ...derivatives);
    fields.push(asciiEscaped(longName), "");
  }
  return fields;
}

export function marketRule(
  ruleId: number,
  increments: readonly { readonly lowEdge: number; readonly increment: number }[],
): Field[] {
  const pairs = increments.flatMap(({ lowEdge, increment }) => [lowEdge, increment]);
  return [id.MARKET_RULE, ruleId, increments.length, ...pairs];
}

export function optionParameters(
  reqId: number,
  chain: {
    readonly exchange: string;
    readonly underlyingConId: number;
    readonly tradingClass: string;
    readonly multiplier: string;
    readonly expirations: readonly string[];
    readonly strikes: readonly number[];
  },
): Field[] {
  const { exchange, underlyingConId, tradingClass, multiplier, expirations, strikes } = chain;
  return [
    id.SECURITY_DEFINITION_OPTION_PARAMETER,
    reqId,
    exchange,
    underlyingConId,
    tradingClass,
    multiplier,
    expirations.length,
    ...expirations,
    strikes.length,
    ...strikes,
  ];
}

export function optionParametersEnd(reqId: number): Field[] {
  return [id.SECURITY_DEFINITION_OPTION_PARAMETER_END, reqId];
}

export function smartComponents(
  reqId: number,
  components: readonly { readonly exchange: string; readonly letter: string }[],
): Field[] {
  const triples = components.flatMap(({ exchange, letter }, bit) => [bit, exchange, letter]);
  return [id.SMART_COMPONENTS, reqId, components.length, ...triples];
}

export function marketDepthExchanges(
  venues: readonly { readonly exchange: string; readonly secType: string; readonly isDeep2: boolean }[],
): Field[] {
  const rows = venues.flatMap(({ exchange, secType, isDeep2 }) => [
    exchange,
    secType,
    exchange,
    isDeep2 ? "Deep2" : "Deep",
    1,
  ]);
  return [id.MKT_DEPTH_EXCHANGES, venues.length, ...rows];
}

function compact(date: string): string {
  return date.replaceAll("-", "");
}
