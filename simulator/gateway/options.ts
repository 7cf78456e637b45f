import type { ScenarioInput } from "../scenario/scenario.ts";
import type { Log } from "./log.ts";

/** Settings of a simulated gateway. Everything has a default: `startSimulatedGateway()` alone gives a working one. */
export interface SimulatedGatewayOptions {
  /** TCP port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number;
  /** Market date, ISO, New York. Default 2025-10-07, a Tuesday. */
  readonly date?: string;
  /** Market time at the start, New York. Default 09:30:00. */
  readonly startTime?: string;
  /** Market seconds in a machine second, default 1. */
  readonly speed?: number;
  /** Hold the market clock until `releaseClock()` or POST /clock/start. */
  readonly hold?: boolean;
  /** Seed of the made-up prices and of the broker's ids, default 1. */
  readonly seed?: number;
  /** What is listed; default the built-in catalogue. A price replaces the level around which the generator works. */
  readonly symbols?: readonly { readonly symbol: string; readonly startPrice?: number }[];
  /** Folder of minute bars SYMBOL-YYYY-MM-DD.csv; its symbols are listed too and take their prices from there. */
  readonly dataFolder?: string;
  /** "manual": no symbol has a price until `setQuote`. Default "generated". */
  readonly prices?: "generated" | "manual";
  readonly account?: string;
  /** Cash at the start, USD, default 100,000. */
  readonly equityUsd?: number;
  /** DayTradesRemaining, T+1 .. T+4; default [-1, -1, -1, -1, -1] (unlimited). "absent" leaves the tags out. */
  readonly dayTradesRemaining?: readonly number[] | "absent";
  /** Market time of day (New York) of the daily restart; none by default. */
  readonly restartAt?: string;
  /** Market seconds for which the port is closed in the daily restart, default 75. */
  readonly restartDowntimeS?: number;
  /** File that gets every frame as a JSON line; none by default. */
  readonly frameLogPath?: string;
  /** Frames kept in memory in each direction for `frames`, default 100,000; the counts are complete in any case. */
  readonly framesKept?: number;
  /** Highest server version offered, 177 to 193, default 193. */
  readonly serverVersionMax?: number;
  /** Faults that are there before the port opens, and steps that wait for their time or event; none by default. */
  readonly scenario?: ScenarioInput;
  /** The machine's clock, milliseconds, that moves the market's; the monotonic one by default, a replay has its own. */
  readonly machineNowMs?: () => number;
  readonly log?: Log;
}
