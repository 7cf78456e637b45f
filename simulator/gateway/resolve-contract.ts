import { invalidRequest, noSecurityDefinition, type Refusal } from "../broker/refusal.ts";
import type { Catalogue } from "../market/catalogue.ts";
import type { Instrument } from "../market/instrument.ts";
import type { ContractQuery } from "../protocol/contract.ts";

/** What a client's contract turned out to be. */
export type Resolution =
  | { readonly kind: "one"; readonly instrument: Instrument }
  /** Several fit: the answer to a request for details, and an error (200) everywhere else. */
  | { readonly kind: "several"; readonly instruments: readonly Instrument[]; readonly refusal: Refusal }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Security types of the API. What is among them and not listed here is not found; what is not is invalid. */
const apiSecTypes = new Set(
  "STK OPT FUT CONTFUT FOP CASH IND BAG CRYPTO BOND BILL FUND CMDTY WAR CFD NEWS IOPT FIXED SLB ICU ICS EC".split(" "),
);

/** Resolves a contract as the broker does: by contract id, or by every field that is given. */
export function resolveContract(
  query: ContractQuery,
  catalogue: Catalogue,
  /** "20251007": what has expired before it is only found with includeExpired, and then only futures. */
  today: string,
  options: { readonly continuousFutures?: boolean } = {},
): Resolution {
  const secType = query.secType.toUpperCase();
  if (query.conId <= 0 && !apiSecTypes.has(secType)) {
    return refused(invalidRequest("Please enter a valid security type"));
  }
  if (query.conId <= 0 && secType !== "BAG" && query.symbol === "" && query.localSymbol === "") {
    return refused(invalidRequest("Please enter a symbol or local symbol"));
  }
  if (secType === "CONTFUT" && options.continuousFutures !== true) {
    return refused(invalidRequest("Please enter a valid security type"));
  }
  const found = candidates(query, secType, catalogue)
    .filter((instrument) => fits(query, secType, instrument))
    .filter((instrument) => isAlive(instrument, today, query.includeExpired ?? false));
  const [first] = found;
  if (first === undefined) return refused(noSecurityDefinition);
  if (secType === "CONTFUT") return { kind: "one", instrument: frontMonth(found, first) };
  if (found.length === 1) return { kind: "one", instrument: first };
  return { kind: "several", instruments: found, refusal: ambiguous(query, found) };
}

function refused(refusal: Refusal): Resolution {
  return { kind: "refused", refusal };
}

function candidates(query: ContractQuery, secType: string, catalogue: Catalogue): readonly Instrument[] {
  if (query.conId > 0) {
    const known = catalogue.withoutOptions().find(({ conId }) => conId === query.conId);
    return known === undefined ? catalogue.options() : [known];
  }
  if (secType !== "OPT") return catalogue.withoutOptions();
  const root = query.symbol || (/^\S*/.exec(query.localSymbol)?.[0] ?? "");
  const underlying = catalogue.withoutOptions().find((it) => it.symbol === root && catalogue.isOptionable(it));
  return underlying === undefined ? [] : catalogue.chainOf(underlying);
}

function fits(query: ContractQuery, secType: string, instrument: Instrument): boolean {
  if (query.exchange !== "" && !instrument.exchanges.includes(query.exchange)) return false;
  if (query.conId > 0) return query.conId === instrument.conId;
  return (
    (instrument.secType === secType || (secType === "CONTFUT" && instrument.secType === "FUT")) &&
    namesIt(query, instrument) &&
    isGivenOr(query.currency, instrument.currency) &&
    isGivenOr(sameExchange(query.primaryExchange), sameExchange(instrument.primaryExchange)) &&
    isGivenOr(query.tradingClass, instrument.tradingClass) &&
    isGivenOr(query.multiplier, instrument.multiplier) &&
    isGivenOr(rightOf(query.right), instrument.right) &&
    (query.strike === 0 || query.strike === instrument.strike) &&
    instrument.lastTradeDate.startsWith(query.lastTradeDate.trim().slice(0, 8))
  );
}

function isGivenOr(given: string, actual: string): boolean {
  return given === "" || given === actual;
}

function namesIt(query: ContractQuery, instrument: Instrument): boolean {
  if (query.localSymbol !== "" && squeezed(query.localSymbol) !== squeezed(instrument.localSymbol)) return false;
  if (query.symbol === "" || query.symbol === instrument.symbol) return true;
  const { bond } = instrument;
  return bond !== undefined && (query.symbol === bond.cusip || query.symbol === bond.issuer);
}

/** Clients write an option's local symbol with one blank or with the OCC's padding. */
function squeezed(text: string): string {
  return text.trim().replace(/ +/g, " ");
}

function sameExchange(exchange: string): string {
  return exchange === "ISLAND" ? "NASDAQ" : exchange;
}

function rightOf(right: string): string {
  const letter = right.toUpperCase().slice(0, 1);
  return letter === "C" || letter === "P" ? letter : "";
}

function isAlive(instrument: Instrument, today: string, includeExpired: boolean): boolean {
  const { lastTradeDate, secType } = instrument;
  return lastTradeDate === "" || lastTradeDate >= today || (includeExpired && secType === "FUT");
}

function frontMonth(found: readonly Instrument[], first: Instrument): Instrument {
  return found.reduce((front, other) => (other.lastTradeDate < front.lastTradeDate ? other : front), first);
}

function ambiguous(query: ContractQuery, found: readonly Instrument[]): Refusal {
  const name = query.symbol || query.localSymbol;
  const classes = new Set(found.map(({ multiplier, tradingClass }) => `${multiplier} ${tradingClass}`));
  const hint = classes.size > 1 ? "; you must specify the multiplier or trading class." : ".";
  return { code: 200, text: `The contract description specified for ${name} is ambiguous${hint}` };
}
