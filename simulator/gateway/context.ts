import type { AccountSettings } from "../broker/account.ts";
import type { Broker } from "../broker/broker.ts";
import type { Effect } from "../broker/effects.ts";
import type { MarketClock } from "../market/clock.ts";
import type { Market } from "../market/market.ts";
import type { StageEvent } from "../scenario/director.ts";
import type { Faults } from "./faults.ts";
import type { HistoricalPacing } from "./historical-pacing.ts";
import type { Log } from "./log.ts";
import type { Preparations } from "./preparations.ts";
import type { Session } from "./session.ts";

/** What the answers to requests are made of. */
export interface GatewayContext {
  readonly clock: MarketClock;
  readonly market: Market;
  readonly broker: Broker;
  readonly account: () => AccountSettings;
  readonly faults: () => Faults;
  readonly setFaults: (change: Partial<Faults>) => void;
  /** Tells the scenario what happens, before it has any other effect. */
  readonly see: (event: StageEvent) => void;
  /** The account's questions to the history farm, for the fault `historicalPacing`. */
  readonly historicalPacing: HistoricalPacing;
  readonly log: Log;
  /** Connections that have started the API, in the order in which they came. */
  readonly readySessions: () => readonly Session[];
  /** Tells the owners of orders, and whoever subscribed to positions, what the broker did. */
  readonly publish: (effects: readonly Effect[]) => void;
  /** Gives the broker the quote of this moment before something is decided on it. */
  readonly refreshQuote: (symbol: string) => void;
  /** Makes the days of prices that are wanted. */
  readonly preparations: Preparations;
  /** Runs a function once after a machine delay, unless the gateway is closed before. */
  readonly later: (delayMs: number, action: () => void) => void;
}
