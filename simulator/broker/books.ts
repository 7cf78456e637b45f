import { type AccountFigures, type AccountSettings, accountFigures } from "./account.ts";
import { Ledger } from "./ledger.ts";
import { Markets } from "./markets.ts";
import { OrderBook } from "./order-book.ts";

/** Everything the broker remembers, and what follows from it. */
export class Books {
  readonly settings: AccountSettings;
  readonly orders = new OrderBook();
  readonly markets = new Markets();
  readonly ledger: Ledger;
  /** Groups of which an order was filled: they take no more orders. */
  readonly endedGroups = new Set<string>();

  constructor(settings: AccountSettings, seed: number) {
    this.settings = settings;
    const execIdPrefix = (0xe0d5 + (seed % 0xffff)).toString(16).padStart(8, "0");
    this.ledger = new Ledger(settings.equityUsd, execIdPrefix);
  }

  figures(): AccountFigures {
    return accountFigures(this.ledger.cash, this.ledger.positions, (symbol) => this.markOf(symbol));
  }

  /** The price a position is valued at: the last trade, or the average cost while none is known. */
  markOf(symbol: string): number {
    return this.markets.quote(symbol)?.last ?? this.ledger.position(symbol).averageCost;
  }
}
