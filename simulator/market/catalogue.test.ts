import { describe, expect, it } from "vitest";
import { Catalogue } from "./catalogue.ts";
import { futuresOn } from "./listed/futures.ts";
import { defaultSymbols, instrumentFor } from "./listed/stocks.ts";
import { marketDay } from "./new-york.ts";

const catalogueOn = (date: string, level = 560) =>
  new Catalogue(
    defaultSymbols.map((symbol) => instrumentFor(symbol)),
    date,
    () => level,
  );

describe("the catalogue", () => {
  it("has a key and a contract id for each instrument, options included", () => {
    const catalogue = catalogueOn("2025-10-07");
    const all = [...catalogue.withoutOptions(), ...catalogue.options()];
    expect(all.length).toBeGreaterThan(2000);
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
    expect(new Set(all.map(({ conId }) => conId)).size).toBe(all.length);
    for (const instrument of all) expect(catalogue.get(instrument.key)).toBe(instrument);
  });

  it("lists futures and options that expire on trading days, in the future but for one quarter", () => {
    for (const date of ["2025-10-07", "2025-12-19", "2025-12-20", "2013-10-08", "2024-03-25", "2025-04-14"]) {
      const today = date.replaceAll("-", "");
      const expiries = futuresOn(date).filter(({ symbol }) => symbol === "ES");
      expect(expiries.filter(({ lastTradeDate }) => lastTradeDate >= today)).toHaveLength(3);
      expect(expiries.filter(({ lastTradeDate }) => lastTradeDate < today)).toHaveLength(1);
      for (const { lastTradeDate } of [...expiries, ...catalogueOn(date).options()]) {
        const iso = `${lastTradeDate.slice(0, 4)}-${lastTradeDate.slice(4, 6)}-${lastTradeDate.slice(6)}`;
        expect(marketDay(iso).isTradingDay, `${date}: ${iso}`).toBe(true);
      }
    }
  });

  it("lays strikes around what the underlying costs", () => {
    const spy = instrumentFor("SPY");
    const strikes = catalogueOn("2013-10-08", 166)
      .chainOf(spy)
      .map(({ strike }) => strike);
    expect(Math.min(...strikes)).toBe(154);
    expect(Math.max(...strikes)).toBe(178);
  });

  it("does not make a chain for what has no options", () => {
    const catalogue = catalogueOn("2025-10-07");
    const spx = catalogue.get("IND:SPX");
    expect(spx === undefined ? [] : catalogue.chainOf(spx)).toEqual([]);
  });
});
