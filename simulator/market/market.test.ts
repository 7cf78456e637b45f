import { describe, expect, it } from "vitest";
import { Catalogue } from "./catalogue.ts";
import { Disturbances } from "./disturbances.ts";
import { instrumentFor } from "./listed/stocks.ts";
import { Market } from "./market.ts";
import { emptyTape, type TapeSource } from "./tape.ts";

/** A market of so many stocks, and how many tapes were made for it. */
function marketOf(count: number) {
  const symbols = Array.from({ length: count }, (_, index) => `S${index}`);
  const made: string[] = [];
  const source: TapeSource = {
    tape: (key, date) => {
      made.push(key);
      return { ...emptyTape(key, date, 0), bid: new Float64Array(0) };
    },
    firstDate: () => undefined,
  };
  const catalogue = new Catalogue(
    symbols.map((symbol) => instrumentFor(symbol)),
    "2025-10-07",
    () => 100,
  );
  const market = new Market(catalogue, source, new Disturbances(source, (key) => catalogue.get(key)), false);
  return { market, made, symbols };
}

describe("the bars of days that are over", () => {
  const ask = (market: Market, symbol: string, months: readonly number[]) => {
    for (const month of months) {
      for (let day = 10; day <= 28; day += 1) market.barsOfPastDay(symbol, `2025-0${month}-${day}`, "day", () => []);
    }
  };

  it("are made once, also of more days than there is room for tapes", () => {
    const { market, made } = marketOf(1);
    const year = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    ask(market, "S0", year);
    expect(made).toHaveLength(9 * 19);
    ask(market, "S0", year);
    expect(made).toHaveLength(9 * 19);
  });

  it("are made anew once its prices change", () => {
    const { market, made } = marketOf(2);
    ask(market, "S0", [1]);
    ask(market, "S1", [1]);
    market.gap("S0", 5, 0);
    ask(market, "S0", [1]);
    ask(market, "S1", [1]);
    expect(made).toHaveLength(3 * 19);
  });
});

describe("the tapes in memory", () => {
  it("are kept for as many symbols as are watched: each is made once, however often all are looked at", () => {
    const { market, made, symbols } = marketOf(100);
    market.watch(symbols.length);
    for (let second = 0; second < 5; second += 1) for (const symbol of symbols) market.tape(symbol, "2025-10-07");
    expect(made).toHaveLength(100);
  });

  it("of what is watched are not driven out by a history that is asked for meanwhile", () => {
    const { market, made } = marketOf(30);
    market.watch(1);
    for (let month = 1; month <= 9; month += 1) {
      for (let day = 10; day <= 28; day += 1) {
        market.tape("S0", "2025-10-07");
        market.tape("S1", `2025-0${month}-${day}`);
      }
    }
    expect(made.filter((key) => key === "S0")).toHaveLength(1);
  });

  it("are let go when fewer symbols are watched", () => {
    const { market, made, symbols } = marketOf(100);
    market.watch(100);
    for (const symbol of symbols) market.tape(symbol, "2025-10-07");
    market.watch(1);
    market.tape("S0", "2025-10-07");
    expect(made).toHaveLength(101);
    market.tape("S99", "2025-10-07");
    expect(made).toHaveLength(101);
  });
});
