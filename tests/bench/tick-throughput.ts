import { quoteMessage } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { eventually } from "../harness/bus.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { cpuMs } from "./cpu-time.ts";

const EVERY_MS = 10;

export interface TickThroughput {
  readonly ticksPerSecond: number;
  readonly ticksSent: number;
  /** As the published quotes account for them. */
  readonly ticksCounted: number;
  readonly quotesPublished: number;
  /** Milliseconds from the last tick's write to its quote on the bus: a queue that grew would show here. */
  readonly lastQuoteAfterMs: number;
  /** Growth of the bridge's memory over the run, bytes. */
  readonly memoryGrowthBytes: number;
  /** CPU milliseconds of the bridge for 1,000 ticks; null where the system does not tell. */
  readonly bridgeCpuMsPerThousand: number | null;
}

/** Pushes ticks at a steady rate and counts what the bridge makes of them. */
export async function measureTickThroughput(
  platform: TestPlatform,
  ticksPerSecond: number,
  seconds: number,
  bridgeMemory: () => Promise<number>,
): Promise<TickThroughput> {
  let counted = 0;
  let quotes = 0;
  let lastBid: number | null = null;
  const subscription = platform.operator.subscribe(quoteMessage, ({ data }) => {
    counted += data.ticks;
    quotes += 1;
    lastBid = data.bid;
  });
  await platform.operator.connection.flush();
  const memoryBefore = await bridgeMemory();
  const { pid } = await platform.app("gateway-bridge");
  const cpuBefore = await cpuMs(pid);
  const begunMs = performance.now();
  let sent = 0;
  while (performance.now() - begunMs < seconds * 1000) {
    const due = Math.floor(((performance.now() - begunMs) / 1000) * ticksPerSecond) - sent;
    if (due > 0) sent += platform.gateway.pushTicks("SPY", due);
    await sleep(EVERY_MS);
  }
  const tookSeconds = (performance.now() - begunMs) / 1000;
  const { sentAtMs } = platform.gateway.setQuote("SPY", { bid: 77.77, ask: 77.78 });
  await eventually("the last quote is on the bus", () => lastBid === 77.77, 60_000);
  const lastQuoteAfterMs = performance.now() - sentAtMs;
  const cpuAfter = await cpuMs(pid);
  const memoryGrowthBytes = (await bridgeMemory()) - memoryBefore;
  subscription.stop();
  return {
    ticksPerSecond: sent / tookSeconds,
    ticksSent: sent,
    ticksCounted: counted,
    quotesPublished: quotes,
    lastQuoteAfterMs,
    memoryGrowthBytes,
    bridgeCpuMsPerThousand: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / (sent / 1000),
  };
}
