import { sleep } from "#libs/time/mod.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { type Distribution, distributionOf } from "./figures.ts";

/** Field of PLACE_ORDER that holds the limit price (tws.md 5.4). */
const LIMIT_PRICE_FIELD = 19;
const PRICES = 5000;
const WARM_UP_TICKS = 200;

export interface TickToOrder {
  readonly ticks: number;
  readonly ordersPerSecond: number;
  /** Milliseconds from the tick's write at the gateway's socket to the order's arrival there. */
  readonly latencyMs: Distribution;
}

/**
 * A tick leaves the gateway's socket; the order that answers it comes back through bridge, strategy, risk and bridge.
 * Paced, so that what is measured is the way and not a queue.
 */
export async function measureTickToOrder(
  platform: TestPlatform,
  orders: number,
  ordersPerSecond: number,
): Promise<TickToOrder> {
  const sentAtMs = new Map<string, number>();
  const latencies: number[] = [];
  let seen = platform.gateway.frames.received("PLACE_ORDER").length;
  const begunMs = performance.now();
  let ticks = 0;
  for (; latencies.length < orders + WARM_UP_TICKS && ticks < 2 * (orders + WARM_UP_TICKS); ticks += 1) {
    const bid = price(ticks);
    const ask = price(ticks + 1);
    const sent = platform.gateway.setQuote("SPY", { bid, ask, bidSize: 9000, askSize: 9000 }).sentAtMs;
    // A sale answers at the bid, a purchase at the ask; the tick before has long been answered.
    sentAtMs.set(text(bid), sent).set(text(ask), sent);
    await sleep(Math.max(0, begunMs + ((ticks + 1) * 1000) / ordersPerSecond - performance.now()));
    const received = platform.gateway.frames.received("PLACE_ORDER");
    for (const frame of received.slice(seen)) {
      const at = sentAtMs.get(text(Number(frame.fields[LIMIT_PRICE_FIELD])));
      if (at !== undefined) latencies.push(frame.machineMs - at);
    }
    seen = received.length;
  }
  return { ticks, ordersPerSecond, latencyMs: distributionOf(latencies.slice(WARM_UP_TICKS)) };
}

const price = (tick: number): number => 100 + (tick % PRICES) / 100;
const text = (value: number): string => value.toFixed(2);
