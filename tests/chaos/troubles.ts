import type { Faults } from "../../simulator/gateway/faults.ts";
import type { Random } from "../../simulator/market/random.ts";
import { oneOf, shuffled, whole } from "./chance.ts";

/** What goes wrong. One at a time: one that takes time lets the next wait for its end. */
export type Trouble =
  | { readonly do: "drop"; readonly how: "close" | "reset" | "reset-mid-frame" }
  | { readonly do: "drop-at-order"; readonly when: "before-accept" | "after-accept" }
  /** The next message of this name is cut in the middle by a reset. */
  | { readonly do: "reset-during"; readonly message: "OPEN_ORDER" | "ORDER_STATUS" | "EXECUTION_DATA" }
  | { readonly do: "restart-gateway"; readonly downtimeMs: number; readonly rollbackIds: number }
  /** 1100, and later 1101 or 1102, while orders fill; "withheld": what filled is told when it is over. */
  | {
      readonly do: "lose-broker";
      readonly forMs: number;
      readonly restoredWith: 1101 | 1102;
      readonly reports: "at-once" | "withheld";
    }
  /** Faults of the simulated gateway for a while. */
  | { readonly do: "faults"; readonly set: Partial<Faults>; readonly forMs: number }
  | { readonly do: "repeat-executions" }
  | { readonly do: "resend-executions" }
  | { readonly do: "correct-price"; readonly pick: number }
  /** One share less, of an execution of an order that is over. */
  | { readonly do: "correct-shares"; readonly pick: number }
  /**
   * Another client of the same account buys. Cents beyond the other side's price fill at once, below it they rest.
   * "copy": it bears the reference of one of our orders, as one does that was copied by hand.
   */
  | {
      readonly do: "trade-by-hand";
      readonly symbol: string;
      readonly quantity: number;
      readonly cents: number;
      readonly copy: number | null;
    }
  /** The operator cancels every order of the account. */
  | { readonly do: "global-cancel" }
  /** kill -9, all in the same moment. */
  | { readonly do: "kill"; readonly victims: readonly Victim[] };

/** PM2 brings each of them back. */
export const VICTIMS = ["gateway-bridge", "nats", "risk", "strategy", "notifier"] as const;
export type Victim = (typeof VICTIMS)[number];

/** What the script trades. */
export const SYMBOLS = ["SPY", "QQQ", "AAPL", "MSFT"] as const;
/** What the strategy trades: one of them in the way of everybody else. */
export const STRATEGY_SYMBOLS = ["SPY", "IWM", "DIA"] as const;
export const ALL_SYMBOLS: readonly string[] = [...new Set([...SYMBOLS, ...STRATEGY_SYMBOLS])];

const DROPS = ["close", "reset", "reset-mid-frame"] as const;
const CUT_MESSAGES = ["OPEN_ORDER", "ORDER_STATUS", "EXECUTION_DATA"] as const;

/** Each once before any comes again. */
const MISHAPS: readonly ((random: Random) => Trouble)[] = [
  (random) => ({ do: "drop", how: oneOf(random, DROPS) }),
  () => ({ do: "drop-at-order", when: "before-accept" }),
  () => ({ do: "drop-at-order", when: "after-accept" }),
  (random) => ({ do: "reset-during", message: oneOf(random, CUT_MESSAGES) }),
  (random) => ({ do: "restart-gateway", downtimeMs: whole(random, 100, 2500), rollbackIds: whole(random, 0, 40) }),
  (random) => ({
    do: "lose-broker",
    forMs: whole(random, 200, 2500),
    restoredWith: oneOf(random, [1101, 1102]),
    reports: oneOf(random, ["at-once", "withheld"]),
  }),
  () => ({ do: "repeat-executions" }),
  () => ({ do: "resend-executions" }),
  (random) => ({ do: "correct-price", pick: random.uniform() }),
  (random) => ({ do: "correct-shares", pick: random.uniform() }),
  (random) => byHand(random, whole(random, 1, 20)),
  (random) => byHand(random, -whole(random, 1, 200)),
  // Partial frames, a line on which everything takes its time.
  (random) => faults(random, { writes: { kind: "pieces", bytes: whole(random, 1, 90), pauseMs: 1 } }, 2500),
  // Beyond ten seconds the heartbeat gives it up.
  (random) => faults(random, { connection: "mute-after-ready" }, 13_000),
  (random) => faults(random, { executionsFirst: true, repeatOrderReports: 2, omitStatusOfFastFills: true }, 5000),
  (random) => faults(random, { commissionDelayMs: whole(random, 1, 1500) }, 5000),
  (random) => faults(random, { positionDelayMs: whole(random, 1, 1500) }, 5000),
  (random) => faults(random, { cancels: { kind: "fill-first", delayMs: whole(random, 1, 300), share: 0.5 } }, 5000),
  (random) => faults(random, { orderAcks: { kind: "delay", delayMs: whole(random, 1, 1500) } }, 4000),
  () => ({ do: "global-cancel" }),
];
/** Each alone, in pairs that need one another, and all at once, as when the power fails. */
const KILLS: readonly (readonly Victim[])[] = [
  ...VICTIMS.map((victim) => [victim]),
  ["nats", "gateway-bridge"],
  ["nats", "risk"],
  VICTIMS,
];
/** Every so many troubles somebody dies. */
const A_KILL_EVERY = 3;

/** One after the other until the run's end; an interval begins when the trouble before it is over. */
export function* troubles(
  random: Random,
  durationMs: number,
  everyS: number,
): Generator<Trouble & { readonly atMs: number }> {
  const mishaps = dealt(random, MISHAPS);
  const kills = dealt(random, KILLS);
  let atMs = 2000;
  for (let number = 1; atMs < durationMs - 1000; number += 1) {
    const trouble: Trouble =
      number % A_KILL_EVERY === 0 ? { do: "kill", victims: kills.next().value } : mishaps.next().value(random);
    yield { atMs, ...trouble };
    atMs += everyS * 1000 * (0.5 + random.uniform()) + ("forMs" in trouble ? trouble.forMs : 0);
  }
}

/** One after the other from a shuffled deck, and from another one when it is used up. */
function* dealt<Item>(random: Random, deck: readonly Item[]): Generator<Item, never> {
  for (;;) yield* shuffled(random, deck);
}

const faults = (random: Random, set: Partial<Faults>, longestMs: number): Trouble => ({
  do: "faults",
  set,
  forMs: whole(random, Math.floor(longestMs / 10), longestMs),
});

const byHand = (random: Random, cents: number): Trouble => ({
  do: "trade-by-hand",
  symbol: oneOf(random, [...SYMBOLS, ...STRATEGY_SYMBOLS]),
  quantity: whole(random, 1, 50),
  cents,
  copy: random.uniform() < 0.3 ? random.uniform() : null,
});
