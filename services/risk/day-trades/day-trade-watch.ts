import type { Bus } from "#libs/bus/mod.ts";
import type { Alert } from "#libs/contracts/mod.ts";
import { countsDayTrades } from "../checks/day-trades.ts";
import type { RiskView } from "../evaluate/view.ts";
import { countOf } from "./tally.ts";
import { DAY_TRADES_ALLOWED, dayTradesIn, usedDayTrades } from "./use.ts";

export interface DayTradeWatchOptions {
  readonly bus: Pick<Bus, "alert">;
  readonly view: () => RiskView;
  /** Day trades used when their use was last recorded, so that a restart tells none again. */
  readonly recorded: number;
}

/**
 * Tells the operator that more day trades came about than the rule allows. An exit is never refused (law 7), a protective
 * order fills by itself, and the broker may correct what it told.
 */
export class DayTradeWatch {
  readonly #options: DayTradeWatchOptions;
  /** Day trades used at the last look. */
  #used: number;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: DayTradeWatchOptions) {
    this.#options = options;
    this.#used = options.recorded;
  }

  /** One look after another: two at once would both find the same to be news. */
  look(): Promise<void> {
    const look = this.#turn.then(() => this.#look());
    this.#turn = look.catch(() => undefined);
    return look;
  }

  async #look(): Promise<void> {
    const { bus } = this.#options;
    const view = this.#options.view();
    const { book } = view;
    if (book.session === null) return;
    const used = countsDayTrades(view) ? usedDayTrades(book, dayTradesIn(book, book.session.window)) : 0;
    if (used > Math.max(this.#used, DAY_TRADES_ALLOWED)) {
      // A kill before the use is on record has it told again, under the same id: the operator hears it once.
      const alert = breached(view, used);
      await bus.alert(alert, { id: `${alert.code}-${book.session.tradingDay}-${used}` });
    }
    this.#used = used;
  }
}

function breached({ book }: RiskView, used: number): Alert {
  const today = book.session?.tradingDay ?? "";
  const unseen = book.session?.unseenDayTrades ?? 0;
  const symbols = [...book.symbols]
    .filter(([, { days }]) => days.some((day) => day.tradingDay === today && countOf(day.tally).byOpening > 0))
    .map(([symbol]) => symbol);
  const others = unseen === 0 ? "" : ` ${unseen} of them only the broker's own count shows.`;
  return {
    severity: "critical",
    code: "DAY_TRADES_BREACHED",
    title: `${used} day trades in five business days: the rule allows ${DAY_TRADES_ALLOWED}`,
    text: `The account had less than 25,000 USD: the broker may refuse new openings for some days, as is done here. Exits pass. \`npx crucible pdt\` names the executions.${others}`,
    fields: [{ name: "today in", value: symbols.join(", ") || "none" }],
  };
}
