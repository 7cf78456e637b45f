import { type Random, randomFrom } from "../../simulator/market/random.ts";
import { oneOf, whole } from "./chance.ts";
import { SYMBOLS, type Trouble, troubles } from "./troubles.ts";

/** What a moment of a chaos run brings. Times are milliseconds of the machine since the run began. */
export type Step = { readonly atMs: number } & (Trade | Trouble);

/** What somebody wants, and where the market goes: on time, whatever else happens. */
export type Trade =
  | {
      readonly do: "order";
      readonly clientOrderId: string;
      readonly symbol: string;
      readonly quantity: number;
      readonly shape: OrderShape;
      /** Orders that name the same one cancel one another; null for an order by itself. */
      readonly group: string | null;
    }
  /** Sells what is held of a symbol, as far as risk lets it. */
  | { readonly do: "exit"; readonly clientOrderId: string; readonly symbol: string; readonly part: number }
  /** Cancels the order that was asked for `back` orders ago. */
  | { readonly do: "cancel"; readonly back: number }
  | { readonly do: "move"; readonly symbol: string; readonly price: number };

export type OrderShape =
  | { readonly kind: "market" }
  /** Cents beyond the other side's price: fills at once. */
  | { readonly kind: "marketable-limit"; readonly cents: number; readonly immediate: boolean }
  /** Cents away from the market: rests until the market comes or somebody cancels it. */
  | { readonly kind: "resting-limit"; readonly cents: number }
  | { readonly kind: "stop"; readonly cents: number }
  /** The same, and its limit as far beyond its stop again. */
  | { readonly kind: "stop-limit"; readonly cents: number }
  /** Follows the market down at that distance. */
  | { readonly kind: "trailing-stop"; readonly cents: number }
  | { readonly kind: "bracket"; readonly stopCents: number; readonly targetCents: number };

const START_PRICE = 100;

export interface ScriptOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** On average. */
  readonly ordersPerSecond: number;
  /** Seconds between two troubles, on average. */
  readonly troubleEveryS: number;
}

/** The script of a run: the same for the same options, whatever the machine. */
export function scriptOf({ seed, durationMs, ordersPerSecond, troubleEveryS }: ScriptOptions): readonly Step[] {
  const random = randomFrom(`chaos ${seed}`);
  const steps: Step[] = [
    ...orders(random, durationMs, ordersPerSecond, seed),
    ...moves(random, durationMs),
    ...troubles(random, durationMs, troubleEveryS),
  ];
  return steps.sort((left, right) => left.atMs - right.atMs);
}

function* orders(random: Random, durationMs: number, perSecond: number, seed: number): Generator<Step> {
  let atMs = 0;
  for (let number = 0; ; number += 1) {
    atMs += -Math.log(1 - random.uniform()) * (1000 / perSecond);
    if (atMs >= durationMs) return;
    const clientOrderId = `c${seed}-${number}`;
    const symbol = oneOf(random, SYMBOLS);
    const chance = random.uniform();
    if (chance < 0.12) yield { atMs, do: "cancel", back: whole(random, 1, 12) };
    else if (chance < 0.3) yield { atMs, do: "exit", clientOrderId, symbol, part: random.uniform() };
    else if (chance < 0.35) yield* groupOf(random, atMs, clientOrderId);
    else
      yield { atMs, do: "order", clientOrderId, symbol, quantity: quantity(random), shape: shape(random), group: null };
  }
}

/** Many sizes: two equal orders in a moment are a duplicate to risk. */
const quantity = (random: Random): number => whole(random, 1, 400);

/** Two or three that cancel one another, in one symbol or in several; as a rule one of them fills at once. */
function* groupOf(random: Random, atMs: number, group: string): Generator<Step> {
  const members = whole(random, 2, 3);
  for (let member = 1; member <= members; member += 1) {
    const cents = whole(random, 1, 40);
    const shape: OrderShape =
      random.uniform() < 0.5 ? { kind: "resting-limit", cents } : { kind: "marketable-limit", cents, immediate: false };
    const symbol = oneOf(random, SYMBOLS);
    yield { atMs, do: "order", clientOrderId: `${group}-${member}`, symbol, quantity: quantity(random), shape, group };
  }
}

function shape(random: Random): OrderShape {
  const cents = whole(random, 1, 40);
  const chance = random.uniform();
  if (chance < 0.35) return { kind: "market" };
  if (chance < 0.55) return { kind: "marketable-limit", cents, immediate: random.uniform() < 0.5 };
  if (chance < 0.8) return { kind: "resting-limit", cents };
  if (chance < 0.82) return { kind: "stop", cents };
  if (chance < 0.84) return { kind: "stop-limit", cents };
  if (chance < 0.9) return { kind: "trailing-stop", cents };
  return { kind: "bracket", stopCents: whole(random, 5, 60), targetCents: whole(random, 5, 60) };
}

function* moves(random: Random, durationMs: number): Generator<Step> {
  const prices = new Map<string, number>(SYMBOLS.map((symbol) => [symbol, START_PRICE]));
  for (let atMs = 100; atMs < durationMs; atMs += 250) {
    for (const symbol of SYMBOLS) {
      const price = Math.max(50, (prices.get(symbol) ?? START_PRICE) + Math.round(random.normal() * 6) / 100);
      prices.set(symbol, price);
      yield { atMs, do: "move", symbol, price: Math.round(price * 100) / 100 };
    }
  }
}
