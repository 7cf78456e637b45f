import { approvedMessage } from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep } from "#libs/time/mod.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { type Distribution, distributionOf } from "./figures.ts";

/** Fields of PLACE_ORDER. */
const ACTION_FIELD = 16;
const LIMIT_PRICE_FIELD = 19;
const ORDER_REF_FIELD = 26;
const WHAT_IF_FIELD = 84;
/** How far from the quote the benchmark's strategy sets its limit, USD. */
const ROOM = 0.5;
const PRICES = 5000;
const WARM_UP_TICKS = 200;

export interface TickToOrder {
  readonly ticks: number;
  readonly ordersPerSecond: number;
  /** Milliseconds from the tick's write at the gateway's socket to the order's arrival there. */
  readonly latencyMs: Distribution;
  /** The part of it until risk has decided: bridge, strategy, risk. */
  readonly untilDecisionMs: Distribution;
  /** The part after it: the approval on the disk, the bridge, the submission on the disk. */
  readonly afterDecisionMs: Distribution;
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
  const placed: { orderRef: string; sentAtMs: number; receivedAtMs: number }[] = [];
  let seen = platform.gateway.frames.received("PLACE_ORDER").length;
  const begunMs = performance.now();
  let ticks = 0;
  for (; latencies.length < orders + WARM_UP_TICKS && ticks < 2 * (orders + WARM_UP_TICKS); ticks += 1) {
    const bid = price(ticks);
    const ask = price(ticks + 1);
    // The last trade moves along: a quote far away from it would look like a fat finger to risk.
    const sent = platform.gateway.setQuote("SPY", { bid, ask, bidSize: 9000, askSize: 9000, last: bid }).sentAtMs;
    sentAtMs.set(`SELL ${(bid - ROOM).toFixed(2)}`, sent).set(`BUY ${(ask + ROOM).toFixed(2)}`, sent);
    await sleep(Math.max(0, begunMs + ((ticks + 1) * 1000) / ordersPerSecond - performance.now()));
    const received = platform.gateway.frames.received("PLACE_ORDER");
    for (const frame of received.slice(seen)) {
      // Near the limit of buying power risk asks the broker what an order would do: a question, and no order.
      if (frame.fields[WHAT_IF_FIELD] === "1") continue;
      const at = sentAtMs.get(`${frame.fields[ACTION_FIELD]} ${Number(frame.fields[LIMIT_PRICE_FIELD]).toFixed(2)}`);
      if (at === undefined) continue;
      latencies.push(frame.machineMs - at);
      placed.push({ orderRef: String(frame.fields[ORDER_REF_FIELD]), sentAtMs: at, receivedAtMs: frame.machineMs });
    }
    seen = received.length;
  }
  const measured = placed.slice(WARM_UP_TICKS);
  const decidedAtMs = await decisionTimes(platform);
  const decision = (orderRef: string) => decidedAtMs.get(orderRef) ?? Number.NaN;
  return {
    ticks,
    ordersPerSecond,
    latencyMs: distributionOf(latencies.slice(WARM_UP_TICKS)),
    untilDecisionMs: distributionOf(measured.map((order) => decision(order.orderRef) - order.sentAtMs)),
    afterDecisionMs: distributionOf(measured.map((order) => order.receivedAtMs - decision(order.orderRef))),
  };
}

/** When risk decided each order, on this process' `performance.now()`. */
async function decisionTimes(platform: TestPlatform): Promise<Map<string, number>> {
  const offsetMs = monotonicNowMs() - performance.now();
  const approvals = await platform.stored(approvedMessage);
  return new Map(
    approvals.map(({ data }) => [String(data.intent.clientOrderId), data.approvedAtMonotonicMs - offsetMs]),
  );
}

const price = (tick: number): number => 100 + (tick % PRICES) / 100;
