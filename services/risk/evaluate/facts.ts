import type { DayTradeRegime, OrderIntent, Quote, WhatIf } from "#libs/contracts/mod.ts";
import type { OpenOrder } from "../state/book.ts";
import { type Line, linesOf, linesWith } from "../state/lines.ts";
import { sessionDayOf } from "../state/trading-days.ts";
import { type DayResult, dayResult } from "./day-result.ts";
import { type Exposure, exposureOf } from "./exposure.ts";
import { type Flow, flowOf } from "./flow.ts";
import { worstPriceOf } from "./price.ts";
import { ofSymbolIn, type Purpose, purposeOf } from "./purpose.ts";
import { type Moment, onlyReserved, type RiskView, regimeIn } from "./view.ts";

/** What belongs to the question and not to the state. */
export interface Asked {
  /** Machine wall clock when the question was sent, epoch milliseconds; now when nobody asked. */
  readonly askedAtMs?: number;
  /** What the broker says the order would do to the account; absent when it was not asked. */
  readonly whatIf?: WhatIf;
}

/** What several checks need of one intent, worked out once. */
export interface Facts {
  readonly intent: OrderIntent;
  readonly view: RiskView;
  readonly now: Moment;
  /** Machine wall clock when the question was sent, epoch milliseconds. */
  readonly askedAtMs: number;
  /** The broker's word on margin; null when it was not asked. */
  readonly whatIf: WhatIf | null;
  /** The New York trading day by market time; null while no market clock is known. */
  readonly today: string | null;
  readonly quote: Quote | undefined;
  /** USD a share if it fills at its worst; null when no price is known. */
  readonly worstPrice: number | null;
  readonly purpose: Purpose;
  /** Orders approved and not in the book yet. */
  readonly reserved: readonly OpenOrder[];
  /** Orders of the intent's symbol that may still fill, its own not among them. */
  readonly ofSymbol: readonly OpenOrder[];
  /** The day-trading rule in force. */
  readonly regime: DayTradeRegime;
  /** Every symbol, with the orders that are reserved. */
  readonly lines: readonly Line[];
  readonly exposure: Exposure;
  readonly flow: Flow;
  /** The session day so far; null before it began. */
  readonly result: DayResult | null;
}

export function factsOf(intent: OrderIntent, view: RiskView, now: Moment, asked: Asked): Facts {
  const reserved = onlyReserved(view);
  const inBook = linesOf(view.book);
  const lines = linesWith(view.book, inBook, reserved);
  const ofSymbol = ofSymbolIn(view, intent.symbol, reserved);
  const quote = view.quoteOf(intent.symbol);
  const worstPrice = worstPriceOf(intent.order, intent.side, quote);
  return {
    intent,
    view,
    now,
    askedAtMs: asked.askedAtMs ?? now.wallMs,
    whatIf: asked.whatIf ?? null,
    today: now.marketMs === null ? null : sessionDayOf(view.calendar, now.marketMs),
    quote,
    worstPrice,
    purpose: purposeOf(intent, view, ofSymbol, now),
    reserved,
    ofSymbol,
    regime: regimeIn(view).regime,
    lines,
    exposure: exposureOf(lines, view.quoteOf, intent.symbol, worstPrice),
    flow: flowOf(intent, view, now),
    result: dayResult(view, inBook),
  };
}
