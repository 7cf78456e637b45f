import { BarSizeSetting, type ContractDetails, EventName, type IBApi, WhatToShow } from "@stoqey/ib";
import { contractOf } from "./contract.ts";
import type { HistoricalRequest } from "./historical-pacing.ts";
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

type On = (event: EventName, handler: (...values: never[]) => void) => void;

export function listenToHistory(on: On, listener: HistoryListener): void {
  on(
    EventName.historicalData,
    (requestId: number, time: string, open: number, high: number, low: number, close: number, volume: number) => {
      // The library says the end of an answer as one more bar, named after the span it covers.
      if (time.startsWith("finished")) listener.historyEnd(requestId);
      else listener.historicalBar(requestId, { time, open, high, low, close, volume: Math.max(0, volume) });
    },
  );
  on(EventName.contractDetails, (requestId: number, details: ContractDetails) =>
    listener.contractDetails(requestId, {
      symbol: details.contract.symbol,
      contractId: details.contract.conId,
      name: details.longName,
      primaryExchange: details.contract.primaryExch,
      currency: details.contract.currency,
      minimumTick: details.minTick,
      minimumSize: details.minSize,
      tradingHours: details.tradingHours,
      liquidHours: details.liquidHours,
    }),
  );
  on(EventName.contractDetailsEnd, (requestId: number) => listener.contractDetailsEnd(requestId));
}
