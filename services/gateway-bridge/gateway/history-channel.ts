import { BarSizeSetting, type ContractDetails, EventName, type IBApi, WhatToShow } from "@stoqey/ib";
import { contractOf } from "./contract.ts";
import { idOf, isDay, isPriceOrNone, isSize, isTime, lineOf, priceOf, sharesOf } from "./fields.ts";
import type { HistoricalRequest } from "./historical-pacing.ts";
import type { TellLeftOut } from "./left-out.ts";
import type { On } from "./on.ts";
import type { HistoryListener } from "./reports.ts";

/** The part of a connection that asks about the past and about contracts. */
export interface HistoryChannel {
  askBars(requestId: number, request: HistoricalRequest): void;
  /** Withdraws a question; the gateway answers that with 162. */
  cancelBarsQuestion(requestId: number): void;
  askContract(requestId: number, symbol: string): void;
}

/** Intraday bars are named by epoch seconds, which have no zone that could be misread. */
const FORMAT_EPOCH_SECONDS = 2;

const SIZE_OF: Readonly<Record<number, BarSizeSetting>> = {
  5: BarSizeSetting.SECONDS_FIVE,
  60: BarSizeSetting.MINUTES_ONE,
  300: BarSizeSetting.MINUTES_FIVE,
  900: BarSizeSetting.MINUTES_FIFTEEN,
  86400: BarSizeSetting.DAYS_ONE,
};

export function historyChannel(api: IBApi, ask: (send: () => void) => void): HistoryChannel {
  return {
    askBars: (requestId, { symbol, barSeconds, endDateTime, duration, regularHoursOnly }) => {
      const size = SIZE_OF[barSeconds];
      if (size === undefined) throw new RangeError(`the broker has no bars of ${barSeconds} s`);
      const contract = contractOf(symbol);
      ask(() =>
        api.reqHistoricalData(
          requestId,
          contract,
          endDateTime,
          duration,
          size,
          WhatToShow.TRADES,
          regularHoursOnly,
          FORMAT_EPOCH_SECONDS,
          false,
        ),
      );
    },
    cancelBarsQuestion: (requestId) => ask(() => api.cancelHistoricalData(requestId)),
    askContract: (requestId, symbol) => ask(() => api.reqContractDetails(requestId, contractOf(symbol))),
  };
}

export function listenToHistory(on: On, listener: HistoryListener, leftOut: TellLeftOut): void {
  on(
    EventName.historicalData,
    (requestId: number, time: string, open: number, high: number, low: number, close: number, volume?: number) => {
      // The library says the end of an answer as one more bar, named after the span it covers.
      if (time.startsWith("finished")) return listener.historyEnd(requestId);
      const isNamed = /^\d{9,11}$/.test(time) ? isTime(Number(time)) : isDay(time);
      const isSound = isNamed && [open, high, low, close].every(isPriceOrNone);
      // Without a trade a volume may be told as -1.
      if (isSound && (isSize(volume) || volume === -1)) {
        listener.historicalBar(requestId, { time, open, high, low, close, volume: Math.max(0, volume) });
        return;
      }
      const words = `from ${time}, open ${open}, high ${high}, low ${low}, close ${close}, volume ${volume}`;
      leftOut("historical bars", `a bar of the history ${words} (request ${requestId})`);
    },
  );
  on(EventName.contractDetails, (requestId: number, details: ContractDetails) => {
    const { contract, longName, minTick, minSize, tradingHours, liquidHours } = details;
    const doubt = (field: string, said: unknown) =>
      leftOut(
        `contract ${field}`,
        `the ${field} ${said} of the contract ${lineOf(contract.symbol, NAME_CHARACTERS_MAX)}`,
      );
    listener.contractDetails(requestId, {
      symbol: contract.symbol,
      contractId: idOf(contract.conId, "id", doubt) ?? undefined,
      name: lineOf(longName, NAME_CHARACTERS_MAX),
      primaryExchange: lineOf(contract.primaryExch, NAME_CHARACTERS_MAX),
      currency: contract.currency,
      minimumTick: priceOf(minTick, "price step", doubt) ?? undefined,
      minimumSize: sharesOf(minSize, "smallest size", doubt) ?? undefined,
      tradingHours: lineOf(tradingHours, HOURS_CHARACTERS_MAX),
      liquidHours: lineOf(liquidHours, HOURS_CHARACTERS_MAX),
    });
  });
  on(EventName.contractDetailsEnd, (requestId: number) => listener.contractDetailsEnd(requestId));
}

const NAME_CHARACTERS_MAX = 200;
/** Sessions of the next week take some 300. */
const HOURS_CHARACTERS_MAX = 4000;
