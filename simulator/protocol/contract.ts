import type { FieldReader } from "./fields.ts";

/** A contract as a client names it: the twelve fields C of tws.md 5.2. Empty text and 0 mean "not given". */
export interface ContractQuery {
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly lastTradeDate: string;
  readonly strike: number;
  readonly right: string;
  readonly multiplier: string;
  readonly exchange: string;
  readonly primaryExchange: string;
  readonly currency: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
  /** Only some requests can ask for what has expired. */
  readonly includeExpired?: boolean;
}

/** @param primaryExchange "without": the eleven fields of a message that never got the primary exchange. */
export function readContract(reader: FieldReader, primaryExchange: "with" | "without" = "with"): ContractQuery {
  return {
    conId: reader.count("conId"),
    symbol: reader.text("symbol"),
    secType: reader.text("secType"),
    lastTradeDate: reader.text("lastTradeDateOrContractMonth"),
    strike: reader.numberOrUnset("strike") ?? 0,
    right: reader.text("right"),
    multiplier: reader.text("multiplier"),
    exchange: reader.text("exchange"),
    primaryExchange: primaryExchange === "with" ? reader.text("primaryExch") : "",
    currency: reader.text("currency"),
    localSymbol: reader.text("localSymbol"),
    tradingClass: reader.text("tradingClass"),
  };
}

export function isCombo(contract: ContractQuery): boolean {
  return contract.secType.toUpperCase() === "BAG";
}
