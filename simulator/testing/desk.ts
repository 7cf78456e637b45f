import { Broker } from "../broker/broker.ts";
import type { Observed } from "../broker/conditions.ts";
import type { Effect } from "../broker/effects.ts";
import { plainTerms } from "../broker/plain-terms.ts";
import { instrumentFor } from "../market/listed/stocks.ts";
import { instantOf } from "../market/new-york.ts";
import type { Quote } from "../market/tape.ts";
import type { OrderTerms } from "../protocol/place-order.ts";

const spy = instrumentFor("SPY");
export const noon = instantOf("2025-10-07", "12:00");
export const open = instantOf("2025-10-07", "09:30");
export const close = instantOf("2025-10-07", "16:00");

function terms(change: Partial<OrderTerms>): OrderTerms {
  return { ...plainTerms, orderRef: "ref", ...change };
}

export function quote(bid: number, ask: number, change: Partial<Quote> = {}): Quote {
  return { bid, ask, bidSize: 10_000, askSize: 10_000, last: bid, lastSize: 100, ...change };
}

/** A broker with one client, and every effect it had. */
export class Desk {
  readonly broker: Broker;
  effects: Effect[] = [];

  /** @param observe what conditions of orders look at. */
  constructor(observe: (conId: number) => Observed | undefined = () => undefined) {
    this.broker = new Broker({ account: "DU1", equityUsd: 1_000_000, dayTradesRemaining: undefined }, 1, observe);
  }

  quote(value: Quote, at = noon): void {
    this.effects = this.broker.quote("SPY", value, at);
  }

  place(orderId: number, change: Partial<OrderTerms>, at = noon): void {
    const request = { clientId: 1, orderId, instrument: spy, exchange: "SMART", terms: terms(change) };
    this.effects = this.broker.place(request, at);
  }

  /** A second passes, and conditions are looked at. */
  weigh(at = noon): void {
    this.effects = this.broker.weighConditions(at);
  }

  cancel(orderId: number): void {
    this.effects = this.broker.cancel(1, orderId, noon);
  }

  phase(orderId: number): string | undefined {
    return [...this.broker.liveOrders, ...this.broker.completedOrders].findLast((order) => order.orderId === orderId)
      ?.phase;
  }

  codes(): number[] {
    return this.effects.flatMap((effect) => (effect.kind === "error" ? [effect.code] : []));
  }

  fills(): { quantity: number; price: number }[] {
    return this.effects.flatMap((effect) =>
      effect.kind === "execution" ? [{ quantity: effect.execution.shares, price: effect.execution.price }] : [],
    );
  }
}
