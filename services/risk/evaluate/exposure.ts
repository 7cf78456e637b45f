import type { Line } from "../state/lines.ts";
import { markOf } from "./price.ts";
import type { RiskView } from "./view.ts";

/** Maintenance requirement of ordinary stock, parts of its market value: long (FINRA 4210(c)(1)) and short. */
const LONG_REQUIREMENT = 0.25;
const SHORT_REQUIREMENT = 0.3;
/** Initial margin, parts of market value (Regulation T, 12 CFR 220.12). */
const INITIAL_MARGIN = 0.5;

/** USD of one symbol: what is held, and what the entries that work or are reserved would add at their worst. */
export interface SymbolExposure {
  readonly heldLong: number;
  readonly heldShort: number;
  readonly workingBuys: number;
  readonly workingSells: number;
}

/** USD of everything held and of everything that may still be filled at its worst, the judged order not among it. */
export interface Exposure {
  /** Of the judged order's symbol. */
  readonly own: SymbolExposure;
  /** All other symbols: each by the larger of its two sides, since buying and selling entries offset each other. */
  readonly grossOfOthers: number;
  /** The most that long may come to be above short, and short above long: exits of the other side filled too. */
  readonly netLong: number;
  readonly netShort: number;
  /** All working and reserved entries. */
  readonly openNotional: number;
  /** The three largest of the other symbols, largest first. */
  readonly largestOthers: readonly [first: number, second: number, third: number];
  /** Maintenance requirement of what is held, and of the entries, by the model of ordinary stock. */
  readonly heldRequirement: number;
  readonly workingRequirement: number;
  /** Initial margin of the entries (Regulation T). */
  readonly workingInitialMargin: number;
  /** A symbol that counts and of which no price is known at all; null when there is none. */
  readonly unpriced: string | null;
}

export const requirementOf = (side: "buy" | "sell"): number => (side === "buy" ? LONG_REQUIREMENT : SHORT_REQUIREMENT);

/** USD that a symbol's position can be worth at the most if an order of this size is added: the larger of both sides. */
export function worstWith(symbol: SymbolExposure, side: "buy" | "sell", orderUsd: number): number {
  const { heldLong, heldShort, workingBuys, workingSells } = symbol;
  const long = heldLong + workingBuys + (side === "buy" ? orderUsd : 0);
  const short = heldShort + workingSells + (side === "sell" ? orderUsd : 0);
  return Math.max(long, short);
}

/**
 * @param lines every symbol, with the orders that are approved and not in the book yet
 * @param ownPrice USD a share that the judged order counts at where its symbol has no quote; null when unknown
 */
export function exposureOf(
  lines: readonly Line[],
  quoteOf: RiskView["quoteOf"],
  symbol: string,
  ownPrice: number | null,
): Exposure {
  let own: SymbolExposure = NOTHING;
  let grossOfOthers = 0;
  let netLong = 0;
  let netShort = 0;
  let openNotional = 0;
  let heldRequirement = 0;
  let workingRequirement = 0;
  let unpriced: string | null = null;
  let first = 0;
  let second = 0;
  let third = 0;
  for (const line of lines) {
    const { quantity, works } = line;
    if (quantity === 0 && !works) continue;
    const isOwn = line.symbol === symbol;
    const mark = markOf(quoteOf(line.symbol)) ?? (isOwn ? ownPrice : null) ?? line.own.basis;
    const { buys: buying, sells: selling } = line.working;
    const buys = buying.entryNotional + buying.unpricedShares * mark;
    const sells = selling.entryNotional + selling.unpricedShares * mark;
    if (mark === 0 && (quantity !== 0 || buying.unpricedShares + selling.unpricedShares > 0)) {
      unpriced ??= line.symbol;
    }
    const heldLong = quantity > 0 ? quantity * mark : 0;
    const heldShort = quantity < 0 ? -quantity * mark : 0;
    const covers = heldShort === 0 ? 0 : Math.min(-quantity, buying.exitShares) * mark;
    const sales = heldLong === 0 ? 0 : Math.min(quantity, selling.exitShares) * mark;
    netLong += heldLong - heldShort + covers + buys;
    netShort += heldShort - heldLong + sales + sells;
    openNotional += buys + sells;
    heldRequirement += heldLong * LONG_REQUIREMENT + heldShort * SHORT_REQUIREMENT;
    workingRequirement += buys * LONG_REQUIREMENT + sells * SHORT_REQUIREMENT;
    if (isOwn) {
      own = { heldLong, heldShort, workingBuys: buys, workingSells: sells };
      continue;
    }
    const worst = Math.max(heldLong + buys, heldShort + sells);
    grossOfOthers += worst;
    if (worst > first) {
      third = second;
      second = first;
      first = worst;
    } else if (worst > second) {
      third = second;
      second = worst;
    } else if (worst > third) third = worst;
  }
  return {
    own,
    grossOfOthers,
    netLong,
    netShort,
    openNotional,
    largestOthers: [first, second, third],
    heldRequirement,
    workingRequirement,
    workingInitialMargin: openNotional * INITIAL_MARGIN,
    unpriced,
  };
}

const NOTHING: SymbolExposure = { heldLong: 0, heldShort: 0, workingBuys: 0, workingSells: 0 };
