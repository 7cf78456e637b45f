import { cancelMessage, clientOrderIdSchema, type OrderIntent } from "#libs/contracts/mod.ts";
import { type Random, randomFrom } from "../../simulator/market/random.ts";
import type { TestPlatform } from "../harness/platform.ts";

/** Thirty symbols of the simulated gateway's own making; their prices begin at 50, 60, 70 ... USD. */
export const SOAK_SYMBOLS: readonly string[] = Array.from(
  { length: 30 },
  (_, at) => `S${String.fromCharCode(65 + Math.floor(at / 6))}${String.fromCharCode(65 + (at % 6))}`,
);

/** A real gateway sends at most one snapshot of a stock's quote in 250 ms (tws.md 6.3). */
const QUOTE_EVERY_MS = 250;
/** Not every stock moves in every snapshot. */
const MOVES = 0.7;
const ORDER_EVERY_MS = 5000;
const REST_BEFORE_CANCEL_MS = 3000;

/** A market that moves and a trader who trades in it, at the rates of a busy day. */
export class SoakTraffic {
  readonly #platform: TestPlatform;
  readonly #random: Random;
  readonly #prices = new Map(SOAK_SYMBOLS.map((symbol, at) => [symbol, 50 + 10 * at]));
  readonly #timers: NodeJS.Timeout[] = [];
  #number = 0;
  quotes = 0;
  asked = 0;
  approved = 0;
  /** Denials by code, and `unanswered`. */
  readonly refused = new Map<string, number>();

  constructor(platform: TestPlatform, seed: number) {
    this.#platform = platform;
    this.#random = randomFrom(`soak ${seed}`);
  }

  start(): void {
    this.#timers.push(setInterval(() => this.#quoteAll(), QUOTE_EVERY_MS));
    this.#timers.push(setInterval(() => void this.#trade(), ORDER_EVERY_MS));
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #quoteAll(): void {
    for (const [symbol, before] of this.#prices) {
      if (this.#random.uniform() > MOVES) continue;
      const price = cents(Math.max(5, before * (1 + this.#random.normal() * 0.0001)));
      this.#prices.set(symbol, price);
      const [bidSize, askSize] = [this.#size(), this.#size()];
      this.#platform.gateway.setQuote(symbol, {
        bid: cents(price - 0.01),
        ask: cents(price + 0.01),
        bidSize,
        askSize,
        last: price,
        lastSize: this.#size(),
      });
      this.quotes += 1;
    }
  }

  /** In turn: buys, sells what is held, or rests an order and cancels it. */
  async #trade(): Promise<void> {
    const symbol = SOAK_SYMBOLS[Math.floor(this.#random.uniform() * SOAK_SYMBOLS.length)] ?? "SAA";
    const held = this.#platform.gateway.positions.find((position) => position.symbol === symbol)?.quantity ?? 0;
    this.#number += 1;
    const id = `soak-${this.#number}`;
    const quantity = 1 + Math.floor(this.#random.uniform() * 20);
    if (held > 0) {
      await this.#ask(this.#platform.intent(id, { symbol, side: "sell", quantity: held }));
    } else if (this.#number % 3 === 0) {
      const limitPrice = cents((this.#prices.get(symbol) ?? 50) * 0.99);
      const resting = this.#platform.intent(id, { symbol, quantity, order: { type: "limit", limitPrice } });
      if (await this.#ask(resting)) setTimeout(() => this.#cancel(id), REST_BEFORE_CANCEL_MS);
    } else {
      await this.#ask(this.#platform.intent(id, { symbol, quantity }));
    }
  }

  async #ask(intent: OrderIntent): Promise<boolean> {
    this.asked += 1;
    try {
      const decision = await this.#platform.ask(intent);
      if (decision.outcome === "approved") {
        this.approved += 1;
        return true;
      }
      for (const { code } of decision.reasons) this.#count(code);
    } catch (error) {
      this.#count(`unanswered: ${error instanceof Error ? error.name : String(error)}`);
    }
    return false;
  }

  #cancel(id: string): void {
    const clientOrderId = clientOrderIdSchema.parse(id);
    this.#platform.operator
      .request(cancelMessage, [], { clientOrderId, reason: "soak" }, { timeoutMs: 5000 })
      .catch(() => this.#count("cancel unanswered"));
  }

  #count(what: string): void {
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
  }

  #size(): number {
    return 100 * (1 + Math.floor(this.#random.uniform() * 20));
  }
}

const cents = (price: number): number => Math.round(price * 100) / 100;
