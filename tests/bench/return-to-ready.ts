import { gatewayStatusMessage, orderEventMessage, quoteMessage, TERMINAL_ORDER_STATUSES } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { eventually } from "../harness/bus.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { type Distribution, distributionOf } from "./figures.ts";

export const RETURN_SYMBOLS = [
  ...["SPY", "QQQ", "IWM", "DIA", "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META"],
  ...["TSLA", "AMD", "NFLX", "JPM", "BAC", "XOM", "KO", "DIS", "F", "IBM"],
] as const;
const OPEN_ORDERS = 50;
const QUOTE_EVERY_MS = 100;
const WITHIN_MS = 90_000;

export interface ReturnToReady {
  readonly symbols: number;
  readonly openOrders: number;
  /** Milliseconds from the port's opening to the bridge's connection: what is left of the wait between attempts. */
  readonly untilConnectedMs: Distribution;
  /** Milliseconds from the port's opening until orders are accepted and every symbol has a new quote on the bus. */
  readonly totalMs: Distribution;
}

/** Puts resting orders at the broker, so that a return has something to reconcile. */
export async function restOrders(platform: TestPlatform): Promise<void> {
  await eventually("every symbol is quoted", async () => {
    const quotes = RETURN_SYMBOLS.map((symbol) => platform.operator.lastValue(quoteMessage, [symbol]));
    return (await Promise.all(quotes)).every((quote) => quote?.data.bid != null && quote.data.ask !== null);
  });
  for (let number = 0; number < OPEN_ORDERS; number += 1) {
    const symbol = RETURN_SYMBOLS[number % RETURN_SYMBOLS.length] ?? "SPY";
    const decision = await platform.ask(
      platform.intent(`rest-${number}`, { symbol, quantity: number + 1, order: { type: "limit", limitPrice: 90 } }),
    );
    if (decision.outcome !== "approved") throw new Error(`an order was denied: ${JSON.stringify(decision)}`);
    await sleep(60);
  }
  await eventually("every order rests at the broker", async () => {
    const events = await platform.stored(orderEventMessage);
    const accepted = new Set(
      events.filter(({ data }) => data.status === "accepted").map(({ data }) => data.clientOrderId),
    );
    const over = events.filter(({ data }) => TERMINAL_ORDER_STATUSES.has(data.status));
    if (over.length > 0) throw new Error(`an order ended: ${JSON.stringify(over[0]?.data)}`);
    return accepted.size === OPEN_ORDERS;
  });
}

/** Keeps every symbol's quote moving: resolves with a function that stops it. */
export function keepQuoting(platform: TestPlatform): () => void {
  let tick = 0;
  const timer = setInterval(() => {
    tick += 1;
    for (const symbol of RETURN_SYMBOLS) {
      const price = 100 + (tick % 7) / 100;
      platform.gateway.setQuote(symbol, { bid: price, ask: price + 0.02, bidSize: 500, askSize: 500, last: price });
    }
  }, QUOTE_EVERY_MS);
  return () => clearInterval(timer);
}

/**
 * Restarts the gateway again and again and measures from the moment its port is open.
 *
 * @param before brought about before each restart
 */
export async function measureReturnToReady(
  platform: TestPlatform,
  samples: number,
  downtimeMs: number,
  before: () => Promise<void>,
): Promise<ReturnToReady> {
  const connected: number[] = [];
  const totals: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    await before();
    const quoted = new Set<string>();
    let accepts = false;
    const sessionsBefore = platform.gateway.frames.received("START_API").length;
    await platform.gateway.restart({ downtimeMs });
    const openMs = performance.now();
    const watches = [
      platform.operator.subscribe(quoteMessage, ({ data }) => void quoted.add(data.symbol)),
      platform.operator.subscribe(gatewayStatusMessage, ({ data }) => {
        accepts = data.acceptsOrders;
      }),
    ];
    await eventually(
      "orders are accepted and every symbol is quoted",
      () => accepts && quoted.size === RETURN_SYMBOLS.length,
      WITHIN_MS,
    );
    totals.push(performance.now() - openMs);
    for (const watch of watches) watch.stop();
    const first = platform.gateway.frames.received("START_API")[sessionsBefore];
    if (first === undefined) throw new Error("the bridge did not come back by a new connection");
    connected.push(first.machineMs - openMs);
  }
  return {
    symbols: RETURN_SYMBOLS.length,
    openOrders: OPEN_ORDERS,
    untilConnectedMs: distributionOf(connected),
    totalMs: distributionOf(totals),
  };
}
