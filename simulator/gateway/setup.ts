import type { AccountSettings } from "../broker/account.ts";
import { Catalogue } from "../market/catalogue.ts";
import { MarketClock } from "../market/clock.ts";
import { checkFolder, symbolsInFolder } from "../market/csv.ts";
import { Disturbances } from "../market/disturbances.ts";
import type { Instrument } from "../market/instrument.ts";
import { defaultSymbols, instrumentFor } from "../market/listed/stocks.ts";
import { folderSource, generatedSource, Market } from "../market/market.ts";
import { instantOf } from "../market/new-york.ts";
import { optionSource } from "../market/option-tapes.ts";
import { newestLayoutVersion, oldestLayoutVersion } from "../protocol/versions.ts";
import type { Log } from "./log.ts";
import type { SimulatedGatewayOptions } from "./options.ts";

/** What a gateway is made of, from its options. @throws RangeError for one outside its range; BarFileError. */
export function setUp(options: SimulatedGatewayOptions, log: Log) {
  const seed = within(Math.trunc(options.seed ?? 1), "seed", 0, 2 ** 32 - 1);
  const serverVersionMax = options.serverVersionMax ?? newestLayoutVersion;
  within(serverVersionMax, "serverVersionMax", oldestLayoutVersion, newestLayoutVersion);
  const date = options.date ?? "2025-10-07";
  const clock = new MarketClock({
    startEpochMs: instantOf(date, options.startTime ?? "09:30:00") * 1000,
    speed: within(options.speed ?? 1, "speed", 0.001, 10_000),
    hold: options.hold ?? false,
    machineNowMs: options.machineNowMs ?? (() => performance.now()),
  });
  const account: AccountSettings = {
    account: options.account ?? "DU1234567",
    equityUsd: within(options.equityUsd ?? 100_000, "equityUsd", 0, 1e12),
    dayTradesRemaining: dayTradesOf(options.dayTradesRemaining),
  };
  return { seed, serverVersionMax, clock, account, market: marketOf(options, seed, date, log) };
}

export function dayTradesOf(remaining: readonly number[] | "absent" | undefined): readonly number[] | undefined {
  if (remaining === "absent") return undefined;
  return remaining ?? [-1, -1, -1, -1, -1];
}

function marketOf(options: SimulatedGatewayOptions, seed: number, date: string, log: Log): Market {
  const { dataFolder } = options;
  const folderSymbols = dataFolder === undefined ? [] : symbolsInFolder(dataFolder);
  if (dataFolder !== undefined) checkFolder(dataFolder, date);
  // What is listed and what it costs need each other: strikes are laid around prices, prices are made per listing.
  const catalogue = new Catalogue(stocksOf(options, folderSymbols), date, ({ key, generated }) => {
    return market.tape(key, date)?.previousClose ?? generated.startPrice;
  });
  const instrumentOf = (key: string) => catalogue.get(key);
  const generated = generatedSource(seed, instrumentOf);
  const source =
    dataFolder === undefined
      ? generated
      : folderSource(dataFolder, new Set(folderSymbols), generated, (error) =>
          log("error", "a file of minute bars is left out", { reason: error.message }),
        );
  const disturbances = new Disturbances(source, instrumentOf);
  const prices = optionSource(instrumentOf, disturbances);
  const market = new Market(catalogue, prices, disturbances, options.prices === "manual");
  return market;
}

function stocksOf(options: SimulatedGatewayOptions, folderSymbols: readonly string[]): Instrument[] {
  const asked = options.symbols ?? defaultSymbols.map((symbol) => ({ symbol, startPrice: undefined }));
  return [
    ...folderSymbols.map((symbol) => instrumentFor(symbol)),
    ...asked.map(({ symbol, startPrice }) => instrumentFor(symbol, startPrice)),
  ];
}

function within(value: number, name: string, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} is ${value}; it must be a number from ${least} to ${most}.`);
}
