import { instantOf, marketDayAt } from "../market/new-york.ts";
import {
  broadcastAccountUpdates,
  broadcastClock,
  broadcastProfits,
  broadcastScans,
  broadcastSummaries,
} from "./broadcasts.ts";
import type { GatewayContext } from "./context.ts";
import type { MarketLoop } from "./market-loop.ts";
import { sendNewsOf } from "./news-requests.ts";
import { scanIntervalSeconds } from "./scanner-requests.ts";
import type { Timers } from "./timers.ts";

/** What a gateway does because of the time, and nothing else. */

const accountUpdateMarketSeconds = 180;
const profitIntervalMs = 1000;
const clockPushIntervalMs = 100;

/** By the machine's clock: the market goes on, P&L is told, and a clock that is not life's is told too. */
export function runByMachine(context: GatewayContext, timers: Timers, loop: MarketLoop): void {
  const isLifeSpeed = context.clock.speed === 1;
  timers.every(isLifeSpeed ? 50 : 10, () => loop.advance());
  timers.every(profitIntervalMs, () => broadcastProfits(context));
  if (!isLifeSpeed) timers.every(clockPushIntervalMs, () => broadcastClock(context));
}

/** By the market's: each of its seconds, exactly once. */
export function passMarketSecond(context: GatewayContext, epochS: number): void {
  if (epochS % accountUpdateMarketSeconds === 0) {
    broadcastSummaries(context);
    broadcastAccountUpdates(context);
  }
  if (epochS % scanIntervalSeconds === 0) broadcastScans(context);
  sendNewsOf(context.readySessions(), epochS);
}

/** @param restartAt New York time of day of the daily restart; undefined for none. */
export function isRestartSecond(epochS: number, restartAt: string | undefined): boolean {
  return restartAt !== undefined && epochS === instantOf(marketDayAt(epochS).date, restartAt);
}
