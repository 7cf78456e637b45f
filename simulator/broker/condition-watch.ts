import type { OrderTerms } from "../protocol/place-order.ts";
import type { Books } from "./books.ts";
import { areMet, type Conditions, conditionsOf, type Observed } from "./conditions.ts";
import type { BrokerOrder } from "./order.ts";
import { invalidRequest, type Refusal } from "./refusal.ts";
import { sessionAt } from "./rules.ts";

/** What conditions look at, at a moment. */
export type Observe = (conId: number, epochS: number) => Observed | undefined;

/** Holds the conditions of orders against the market and the account. */
export class ConditionWatch {
  readonly #books: Books;
  readonly #observe: Observe;

  constructor(books: Books, observe: Observe) {
    this.#books = books;
    this.#observe = observe;
  }

  /** The conditions of an order that are met now and were not yet looked at as met; undefined for none. */
  met(order: BrokerOrder, nowEpochS: number): Conditions | undefined {
    if (order.isReleased) return undefined;
    if (order.phase === "untransmitted" || order.phase === "waiting-parent") return undefined;
    const conditions = conditionsOf(order.terms);
    return conditions && this.#areMet(conditions, order, nowEpochS) ? conditions : undefined;
  }

  /** Why an order with these conditions is not taken. */
  refusalOf(terms: OrderTerms, nowEpochS: number): Refusal | undefined {
    const conditions = conditionsOf(terms);
    const isSound = conditions?.all.every(({ conId }) => conId === null || this.#observe(conId, nowEpochS));
    if (conditions === null || isSound) return undefined;
    return invalidRequest(terms.conditionCount === 0 ? "Invalid good after time" : "Invalid order condition");
  }

  #areMet(conditions: Conditions, { executionsBefore }: BrokerOrder, nowEpochS: number): boolean {
    if (!conditions.ignoreRth && sessionAt(nowEpochS) !== "regular") return false;
    const { excessLiquidity, netLiquidation } = this.#books.figures();
    return areMet(conditions, {
      nowEpochS,
      marginCushion: netLiquidation === 0 ? 0 : (100 * excessLiquidity) / netLiquidation,
      observe: (conId) => this.#observe(conId, nowEpochS),
      wasExecuted: (symbol, secType) =>
        this.#books.ledger.executions
          .slice(executionsBefore)
          .some(({ instrument }) => instrument.symbol === symbol && (secType === "" || instrument.secType === secType)),
    });
  }
}
