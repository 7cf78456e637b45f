import type { Bus } from "#libs/bus/mod.ts";
import { barsMessage, contractMessage } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import type { HistoricalPacing, HistoricalRequest } from "../gateway/historical-pacing.ts";
import type { HistoryChannel } from "../gateway/history-channel.ts";
import type { HistoryListener } from "../gateway/reports.ts";
import { type Asked, type AskOptions, HistoryAsker } from "./asker.ts";
import { BarsDesk } from "./bars-desk.ts";
import { ContractDesk } from "./contract-desk.ts";

export interface HistoryDeskOptions {
  /** The broker's pace; it belongs to the account, so there is one of it. */
  readonly pacing: HistoricalPacing;
  readonly calendar: Calendar;
  readonly marketNowMs: () => number | null;
  readonly nowMs: () => number;
  readonly nextRequestId: () => number;
}

/** What the bridge knows of the past and of contracts, for itself and for whoever asks on the bus. */
export class HistoryDesk {
  readonly listener: HistoryListener;
  readonly #asker: HistoryAsker;
  readonly #bars: BarsDesk;
  readonly #contracts: ContractDesk;

  constructor(options: HistoryDeskOptions) {
    this.#asker = new HistoryAsker(options);
    this.#bars = new BarsDesk({ ...options, ask: (request, how) => this.ask(request, how) });
    this.#contracts = new ContractDesk(options);
    this.listener = {
      historicalBar: (requestId, bar) => this.#asker.historicalBar(requestId, bar),
      historyEnd: (requestId) => this.#asker.historyEnd(requestId),
      contractDetails: (requestId, contract) => this.#contracts.contractDetails(requestId, contract),
      contractDetailsEnd: (requestId) => this.#contracts.contractDetailsEnd(requestId),
    };
  }

  /** Answers on the bus from here on. */
  serve(bus: Bus): void {
    bus.serve(barsMessage, [], ({ data }) => this.#bars.answer(data));
    bus.serve(contractMessage, [], ({ data }) => this.#contracts.answer(data.symbol));
  }

  ask(request: HistoricalRequest, options: AskOptions): Promise<Asked> {
    return this.#asker.ask(request, options);
  }

  attach(channel: HistoryChannel): void {
    this.#asker.attach(channel);
    this.#contracts.attach(channel);
  }

  detach(): void {
    this.#asker.detach();
    this.#contracts.detach();
  }

  /** Called a few times a second. */
  onTime(): void {
    this.#asker.onTime();
    this.#contracts.onTime();
  }

  /** @returns whether the request was one of ours. */
  requestError(requestId: number, code: number, text: string): boolean {
    return this.#asker.requestError(requestId, code, text) || this.#contracts.requestError(requestId, code, text);
  }
}
