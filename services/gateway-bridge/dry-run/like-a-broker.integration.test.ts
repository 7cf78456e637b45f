import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cancelMessage, type Mode, quoteMessage } from "#libs/contracts/mod.ts";
import { eventually, startBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { orderId } from "../testing/bench.ts";
import { SCENARIOS, type Scenario } from "../testing/order-scripts.ts";
import { PaperBench } from "../testing/paper-bench.ts";

/*
 * The same orders and prices, played to the dry-run engine and to the simulated broker in paper mode: the same events,
 * the same states, the same positions. Prices are the same too, or the difference is named.
 */

const EVERY_SYMBOL = [...SCENARIOS.keys()].map(symbolOf);
const FENCE = "FENCE";

function symbolOf(scenario: number): string {
  return `S${String.fromCharCode(65 + (scenario % 26))}`;
}

/** What became of a scenario in a mode. */
interface Outcome {
  readonly orders: Readonly<Record<string, { readonly events: string; readonly price: number | null }>>;
  readonly position: number;
}

class Played {
  readonly bench: PaperBench;
  #fences = 0;

  constructor(bench: PaperBench) {
    this.bench = bench;
  }

  async begin(): Promise<void> {
    const symbols = [...EVERY_SYMBOL, FENCE];
    await this.bench.bridge.want(symbols);
    for (const symbol of symbols) this.#trade(symbol, 99);
    await this.bench.start();
    for (const symbol of symbols) await this.#isKnown(symbol, 99);
  }

  async play({ steps, orders }: Scenario, symbol: string): Promise<Outcome> {
    const name = (order: string) => orderId(`${symbol}-${order}`);
    this.#trade(symbol, 100);
    await this.#isKnown(symbol, 100);
    for (const step of steps) {
      if ("trades" in step) {
        const trades = step.trades.map((trade) => (typeof trade === "number" ? { at: trade, size: 300 } : trade));
        for (const { at, size } of trades) this.#trade(symbol, at, size);
        await this.#isKnown(symbol, trades.at(-1)?.at ?? 0);
      } else if ("cancel" in step) {
        const request = { clientOrderId: name(step.cancel), reason: "test" };
        await this.bench.bridge.operator.request(cancelMessage, [], request, { timeoutMs: 2000 });
      } else {
        const { bracket, ...terms } = step.as;
        const exits = bracket && {
          stopLoss: { clientOrderId: name(`${step.place}-stop`), stopPrice: bracket.stop },
          takeProfit: { clientOrderId: name(`${step.place}-target`), limitPrice: bracket.target },
        };
        await this.bench.bridge.approve(
          this.bench.bridge.intent({ clientOrderId: name(step.place), symbol, ...terms, bracket: exits ?? null }),
        );
      }
      await this.#fence();
    }
    for (const [order, { events }] of Object.entries(orders)) {
      // A broker that reduced an order says so last of all, in its lists.
      const end = events.split(", ").at(-1)?.split(" ")[0] ?? "";
      await this.bench.reaches(name(order), end);
    }
    const found: [string, Outcome["orders"][string]][] = [];
    for (const order of Object.keys(orders)) found.push([order, await this.#toldOf(name(order))]);
    const fills = (await this.bench.bridge.fills()).flatMap((fill) => (fill.kind === "execution" ? [fill] : []));
    const position = fills
      .filter((fill) => fill.symbol === symbol)
      .reduce((sum, { side, quantity }) => sum + (side === "buy" ? quantity : -quantity), 0);
    return { orders: Object.fromEntries(found), position };
  }

  async #toldOf(id: string): Promise<Outcome["orders"][string]> {
    const events = await this.bench.bridge.events(id);
    const told = events.map(({ status, filledQuantity, leavesQuantity }) =>
      filledQuantity > 0 ? `${status} ${filledQuantity}/${leavesQuantity}` : status,
    );
    // A broker repeats itself.
    const news = told.filter((what, at) => what !== told[at - 1]);
    const price = events.at(-1)?.averagePrice ?? null;
    return { events: news.join(", "), price: price === null ? null : Math.round(price * 1e4) / 1e4 };
  }

  #trade(symbol: string, price: number, size = 300): void {
    const [bid, ask] = [price - 0.01, price + 0.01];
    this.bench.gateway.setQuote(symbol, { bid, ask, last: price, lastSize: 10, bidSize: size, askSize: size });
  }

  #isKnown(symbol: string, last: number): Promise<void> {
    const { operator } = this.bench.bridge;
    return eventually(`${symbol} at ${last}`, async () => {
      return (await operator.lastValue(quoteMessage, [symbol]))?.data.last === last;
    });
  }

  /** Records keep their order: once this order is accepted, what came of everything before it is on the ledger. */
  async #fence(): Promise<void> {
    this.#fences += 1;
    const order = { type: "limit", limitPrice: 50 } as const;
    const intent = { clientOrderId: orderId(`fence-${this.#fences}`), symbol: FENCE, quantity: 1, order };
    await this.bench.reaches(await this.bench.bridge.approve(this.bench.bridge.intent(intent)), "accepted");
  }
}

describe.each(["paper", "dry-run"] as const)("in %s", (mode: Mode) => {
  let played: Played | undefined;

  beforeAll(async () => {
    const symbols = ["SPY", ...EVERY_SYMBOL, FENCE].map((symbol) => ({ symbol, startPrice: 100 }));
    // How long a quote is good for is no matter here.
    const env = { MAX_QUOTE_AGE_MS: "60000" };
    const gateway = { symbols, equityUsd: 10_000_000 };
    played = new Played(await PaperBench.open({ startBus, claimPort, eventually }, { mode, gateway, env }));
    await played.begin();
  });

  afterAll(() => played?.bench.close());

  it.each(SCENARIOS.map((scenario, at) => ({ scenario, name: scenario.name, symbol: symbolOf(at) })))(
    "$name",
    async ({ scenario, symbol }) => {
      const { orders, position } = scenario;
      expect(await played?.play(scenario, symbol)).toEqual({ orders, position });
    },
  );
});
