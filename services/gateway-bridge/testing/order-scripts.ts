import type { OrderType } from "#libs/contracts/mod.ts";

/** Orders and prices that are played to the dry-run engine and to the simulated broker, and what both must say. */

type Step =
  | { readonly place: string; readonly as: Terms }
  | { readonly cancel: string }
  /** Each a trade with a cent of quote around it; those of one step reach the bridge in one turn of its event loop. */
  | { readonly trades: readonly (number | { readonly at: number; readonly size: number })[] };

interface Terms {
  readonly side?: "buy" | "sell";
  readonly quantity?: number;
  readonly order?: OrderType;
  readonly timeInForce?: "day" | "ioc";
  readonly oneCancelsAllGroup?: string;
  readonly bracket?: { readonly stop: number; readonly target: number };
}

export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
  /** By order: what its events say, `filled/leaves` behind those that tell of shares; and its average price. */
  readonly orders: Readonly<Record<string, { readonly events: string; readonly price: number | null }>>;
  readonly position: number;
}

const stop = (stopPrice: number): OrderType => ({ type: "stop", stopPrice });
const trailing = (amount: number, initialStopPrice: number | null = null): OrderType => ({
  type: "trailing-stop",
  trail: { by: "amount", amount },
  initialStopPrice,
});

/** All begin at a last trade of 100, with 300 shares on each side at 99.99 and 100.01. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a sell stop above the last trade is triggered when it is placed",
    steps: [{ place: "a", as: { side: "sell", order: stop(105) } }],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 99.99 } },
    position: -10,
  },
  {
    name: "a buy stop below the last trade is triggered when it is placed",
    steps: [{ place: "a", as: { order: stop(100) } }],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 100.01 } },
    position: 10,
  },
  {
    name: "a stop that is placed through the market, and immediate, keeps what it got",
    steps: [{ place: "a", as: { side: "sell", quantity: 400, order: stop(105), timeInForce: "ioc" } }],
    orders: { a: { events: "submitted, accepted, partially-filled 300/100, canceled 300/100", price: 99.99 } },
    position: -300,
  },
  {
    name: "a stop-limit that is placed through the market waits at its limit",
    steps: [
      { place: "a", as: { side: "sell", order: { type: "stop-limit", stopPrice: 105, limitPrice: 101 } } },
      { trades: [102] },
    ],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 101 } },
    position: -10,
  },
  {
    name: "a trailing stop that begins beyond the last trade is triggered when it is placed",
    steps: [{ place: "a", as: { side: "sell", order: trailing(5, 102) } }],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 99.99 } },
    position: -10,
  },
  {
    name: "an exit that wakes beyond the last trade is triggered with its entry's fill",
    steps: [{ place: "a", as: { bracket: { stop: 100, target: 110 } } }],
    orders: {
      a: { events: "submitted, accepted, filled 10/0", price: 100.01 },
      "a-stop": { events: "submitted, accepted, filled 10/0", price: 99.99 },
      "a-target": { events: "submitted, accepted, canceled", price: null },
    },
    position: 0,
  },
  {
    name: "a stop is triggered by a trade that is not the newest of its turn, and sold at the price of that moment",
    steps: [{ place: "a", as: { side: "sell", order: stop(95) } }, { trades: [94, 100] }],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 93.99 } },
    position: -10,
  },
  {
    name: "a stop is triggered by the high of a turn that ends below it",
    steps: [{ place: "a", as: { order: stop(105) } }, { trades: [101, 106, 103, 99] }],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 106.01 } },
    position: 10,
  },
  {
    name: "a stop-limit that a trade between triggered is in the market at its limit",
    steps: [
      { place: "a", as: { side: "sell", order: { type: "stop-limit", stopPrice: 95, limitPrice: 94.5 } } },
      { trades: [94, 100] },
    ],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 94.5 } },
    position: -10,
  },
  {
    name: "a trailing stop follows the trades of a turn in their order",
    steps: [{ place: "a", as: { side: "sell", order: trailing(1) } }, { trades: [105, 103.5, 104.5] }],
    orders: { a: { events: "submitted, accepted, filled 10/0", price: 103.49 } },
    position: -10,
  },
  {
    name: "a trailing stop is not triggered by a low that came before the high it follows",
    steps: [{ place: "a", as: { side: "sell", order: trailing(1) } }, { trades: [99.5, 105, 104.5] }, { cancel: "a" }],
    orders: { a: { events: "submitted, accepted, canceled", price: null } },
    position: 0,
  },
  {
    name: "an exit that wakes in a turn is triggered by what trades after its entry",
    steps: [{ place: "a", as: { order: stop(101), bracket: { stop: 99, target: 110 } } }, { trades: [101, 98.9, 100] }],
    orders: {
      a: { events: "submitted, accepted, filled 10/0", price: 101.01 },
      "a-stop": { events: "submitted, accepted, filled 10/0", price: 98.89 },
      "a-target": { events: "submitted, accepted, canceled", price: null },
    },
    position: 0,
  },
  {
    name: "an exit that wakes in a turn is not triggered by what traded before its entry",
    steps: [
      { place: "a", as: { order: stop(101), bracket: { stop: 99, target: 110 } } },
      { trades: [98.9, 101] },
      { trades: [110.5] },
    ],
    orders: {
      a: { events: "submitted, accepted, filled 10/0", price: 101.01 },
      "a-stop": { events: "submitted, accepted, canceled", price: null },
      "a-target": { events: "submitted, accepted, filled 10/0", price: 110 },
    },
    position: 0,
  },
  {
    name: "of a group the order that a trade between reached cancels the other",
    steps: [
      { place: "a", as: { side: "sell", order: stop(95), oneCancelsAllGroup: "either" } },
      { place: "b", as: { order: { type: "stop", stopPrice: 106 }, oneCancelsAllGroup: "either" } },
      { trades: [94, 107] },
    ],
    orders: {
      a: { events: "submitted, accepted, filled 10/0", price: 93.99 },
      b: { events: "submitted, accepted, canceled", price: null },
    },
    position: -10,
  },
  {
    name: "a stop that its target made smaller is filled at that size",
    steps: [
      { place: "a", as: { quantity: 300, bracket: { stop: 90, target: 110 } } },
      { trades: [{ at: 110.5, size: 10 }] },
      { trades: [105] },
      { trades: [89] },
    ],
    orders: {
      a: { events: "submitted, accepted, filled 300/0", price: 100.01 },
      "a-stop": { events: "submitted, accepted, partially-filled 290/10, filled 290/0", price: 88.99 },
      "a-target": { events: "submitted, accepted, partially-filled 10/290, canceled 10/290", price: 110 },
    },
    position: 0,
  },
  {
    name: "a target that its stop made smaller is filled at that size, in pieces",
    steps: [
      { place: "a", as: { quantity: 300, bracket: { stop: 90, target: 110 } } },
      { trades: [{ at: 89, size: 100 }] },
      { trades: [{ at: 110.5, size: 50 }] },
      { trades: [{ at: 110.6, size: 250 }] },
    ],
    orders: {
      a: { events: "submitted, accepted, filled 300/0", price: 100.01 },
      "a-stop": { events: "submitted, accepted, partially-filled 100/200, canceled 100/200", price: 88.99 },
      "a-target": {
        events: "submitted, accepted, partially-filled 50/250, partially-filled 200/100, filled 200/0",
        price: 110,
      },
    },
    position: 0,
  },
  {
    name: "a market order takes what is on display, and the rest from the next offer",
    steps: [{ place: "a", as: { quantity: 500 } }, { trades: [101] }],
    orders: { a: { events: "submitted, accepted, partially-filled 300/200, filled 500/0", price: 100.41 } },
    position: 500,
  },
  {
    name: "two orders share what is on display",
    steps: [
      { place: "a", as: { quantity: 200, order: { type: "limit", limitPrice: 98 } } },
      { place: "b", as: { quantity: 200, order: { type: "limit", limitPrice: 98 } } },
      { trades: [97.5] },
      { cancel: "b" },
    ],
    orders: {
      a: { events: "submitted, accepted, filled 200/0", price: 98 },
      b: { events: "submitted, accepted, partially-filled 100/100, canceled 100/100", price: 98 },
    },
    position: 300,
  },
];
