import { rounded } from "./fields.ts";
import type { Field } from "./frame.ts";
import { responseIds as id } from "./messages.ts";

/** Tick types of TICK_OPTION_COMPUTATION. */
export const optionTickTypes = { bid: 10, ask: 11, last: 12, model: 13, custom: 53 } as const;

/** Figures of one option; undefined where there is none. */
export interface WireOptionFigures {
  readonly volatility: number | undefined;
  readonly delta: number | undefined;
  readonly price: number | undefined;
  readonly gamma: number | undefined;
  readonly vega: number | undefined;
  readonly theta: number | undefined;
  readonly underlyingPrice: number | undefined;
}

/** "Not computed" is -1 for prices and the volatility, and -2 for the Greeks, which may well be -1. */
export function tickOptionComputation(reqId: number, tickType: number, figures: WireOptionFigures): Field[] {
  const { volatility, delta, price, gamma, vega, theta, underlyingPrice } = figures;
  const or = (value: number | undefined, none: number) => (value === undefined ? none : rounded(value));
  return [
    id.TICK_OPTION_COMPUTATION,
    reqId,
    tickType,
    // 1: the figures are based on prices, not on returns.
    1,
    or(volatility, -1),
    or(delta, -2),
    or(price, -1),
    // No dividends in the simulated market.
    0,
    or(gamma, -2),
    or(vega, -2),
    or(theta, -2),
    or(underlyingPrice, -1),
  ];
}
