import { correctedExecId, type Execution, effectiveExecutions, execIdOf } from "./execution.ts";
import type { Fill } from "./matching.ts";
import { averageFillPrice, type BrokerOrder, sideOf } from "./order.ts";
import { applyExecution, flatPosition, type Position } from "./positions.ts";

/** The account's executions, and the positions and the cash that follow from them. */
export class Ledger {
  readonly #equityUsd: number;
  readonly #execIdPrefix: string;
  readonly #executions: Execution[] = [];
  readonly #positions = new Map<string, Position>();
  #cash: number;
  #executionCount = 0;

  constructor(equityUsd: number, execIdPrefix: string) {
    this.#equityUsd = equityUsd;
    this.#execIdPrefix = execIdPrefix;
    this.#cash = equityUsd;
  }

  /** Every execution ever made, corrections included, oldest first. */
  get executions(): readonly Execution[] {
    return this.#executions;
  }

  get positions(): Position[] {
    return [...this.#positions.values()];
  }

  /** USD. */
  get cash(): number {
    return this.#cash;
  }

  position(symbol: string): Position {
    return this.#positions.get(symbol) ?? flatPosition(symbol);
  }

  /** @param order as it is after the fill. @param commission what this fill adds to the order's commission, USD. */
  record(order: BrokerOrder, fill: Fill, commission: number, nowEpochS: number): Execution {
    this.#executionCount += 1;
    const side = sideOf(order) === "buy" ? "BOT" : "SLD";
    const trade = { side, shares: fill.quantity, price: fill.price, commission } as const;
    const realizedProfit = this.#apply(order.instrument.symbol, trade);
    const execution: Execution = {
      ...trade,
      execId: execIdOf(this.#execIdPrefix, this.#executionCount, 1),
      orderId: order.orderId,
      clientId: order.clientId,
      permId: order.permId,
      instrument: order.instrument,
      account: order.account,
      exchange: order.instrument.primaryExchange,
      atEpochS: nowEpochS,
      cumulativeQuantity: order.filled,
      averagePrice: averageFillPrice(order),
      orderRef: order.terms.orderRef,
      realizedProfit,
    };
    this.#executions.push(execution);
    return execution;
  }

  /**
   * Adds a correction of an execution: the same id with its last part counted up, and other figures.
   *
   * @throws RangeError when there is no such execution.
   */
  correct(execId: string, change: { readonly price?: number; readonly shares?: number }): Execution {
    const original = this.#executions.find((execution) => execution.execId === execId);
    if (original === undefined) throw new RangeError(`There is no execution ${execId}; see GET /status for their ids.`);
    const corrected: Execution = { ...original, ...change, execId: correctedExecId(execId) };
    this.#executions.push(corrected);
    this.#recount();
    return corrected;
  }

  /** Positions and cash from the executions alone, after one of them changed. */
  #recount(): void {
    this.#positions.clear();
    this.#cash = this.#equityUsd;
    for (const execution of effectiveExecutions(this.#executions)) this.#apply(execution.instrument.symbol, execution);
  }

  /** @returns the profit realized, USD; undefined when the trade only opened or added. */
  #apply(symbol: string, trade: Pick<Execution, "side" | "shares" | "price" | "commission">): number | undefined {
    const { position, realizedProfit } = applyExecution(this.position(symbol), trade);
    this.#positions.set(symbol, position);
    const amount = trade.shares * trade.price;
    this.#cash += (trade.side === "BOT" ? -amount : amount) - trade.commission;
    return realizedProfit;
  }
}
