import { type ContractReply, contractDetailsSchema } from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import { actionForHistory } from "../gateway/codes.ts";
import type { HistoryChannel } from "../gateway/history-channel.ts";
import type { BrokerContract } from "../gateway/reports.ts";

export interface ContractDeskOptions {
  readonly marketNowMs: () => number | null;
  /** Machine's monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly nextRequestId: () => number;
}

const ANSWER_MS = 15_000;
const LATER_MS = 10_000;
/** A symbol that does not exist is not asked about again for so long. */
const UNKNOWN_MS = 300_000;

interface Question {
  readonly symbol: string;
  readonly answerByMs: number;
  readonly found: BrokerContract[];
  readonly resolve: (reply: ContractReply) => void;
}

/** Answers what the broker knows of a symbol: asked once a New York day, and once for all who ask meanwhile. */
export class ContractDesk {
  readonly #options: ContractDeskOptions;
  readonly #known = new Map<string, ContractReply>();
  readonly #unknown = new Map<string, { readonly reply: ContractReply; readonly untilMs: number }>();
  readonly #open = new Map<string, Promise<ContractReply>>();
  readonly #asked = new Map<number, Question>();
  #day = "";
  #channel: HistoryChannel | null = null;

  constructor(options: ContractDeskOptions) {
    this.#options = options;
  }

  attach(channel: HistoryChannel): void {
    this.#channel = channel;
  }

  detach(): void {
    this.#channel = null;
    for (const requestId of [...this.#asked.keys()]) this.#answer(requestId, NO_SESSION);
  }

  async answer(symbol: string): Promise<ContractReply> {
    this.#forgetYesterday();
    const known = this.#known.get(symbol) ?? this.#open.get(symbol);
    if (known !== undefined) return known;
    const unknown = this.#unknown.get(symbol);
    if (unknown !== undefined && this.#options.nowMs() < unknown.untilMs) return unknown.reply;
    if (this.#channel === null) return NO_SESSION;
    const { promise, resolve } = Promise.withResolvers<ContractReply>();
    const requestId = this.#options.nextRequestId();
    this.#asked.set(requestId, { symbol, answerByMs: this.#options.nowMs() + ANSWER_MS, found: [], resolve });
    this.#open.set(symbol, promise);
    this.#channel.askContract(requestId, symbol);
    return promise;
  }

  onTime(): void {
    const nowMs = this.#options.nowMs();
    for (const [requestId, { answerByMs }] of [...this.#asked]) {
      if (nowMs >= answerByMs) this.#answer(requestId, unavailable("the broker did not answer in time", LATER_MS));
    }
  }

  contractDetails(requestId: number, contract: BrokerContract): void {
    this.#asked.get(requestId)?.found.push(contract);
  }

  contractDetailsEnd(requestId: number): void {
    const question = this.#asked.get(requestId);
    if (question === undefined) return;
    const [first] = question.found.filter(({ symbol }) => symbol === question.symbol);
    this.#answer(requestId, first === undefined ? NO_SUCH : replyOf(first));
  }

  /** @returns whether the request was one of ours. */
  requestError(requestId: number, code: number, text: string): boolean {
    const question = this.#asked.get(requestId);
    if (question === undefined) return false;
    const action = actionForHistory(code, text);
    if (action === "keep") return true;
    const reply = unavailable(`the broker said ${code}: ${text}`, action === "refused" ? null : LATER_MS);
    if (action === "refused") {
      this.#unknown.set(question.symbol, { reply, untilMs: this.#options.nowMs() + UNKNOWN_MS });
    }
    this.#answer(requestId, reply);
    return true;
  }

  #answer(requestId: number, reply: ContractReply): void {
    const question = this.#asked.get(requestId);
    if (question === undefined) return;
    this.#asked.delete(requestId);
    this.#open.delete(question.symbol);
    if (reply.outcome === "answered") this.#known.set(question.symbol, reply);
    question.resolve(reply);
  }

  #forgetYesterday(): void {
    const nowMs = this.#options.marketNowMs();
    const day = nowMs === null ? "" : tradingDayOf(nowMs);
    if (day === this.#day) return;
    this.#day = day;
    this.#known.clear();
    this.#unknown.clear();
  }
}

function replyOf(contract: BrokerContract): ContractReply {
  const checked = contractDetailsSchema.safeParse({
    ...contract,
    name: contract.name ?? "",
    primaryExchange: contract.primaryExchange ?? "",
    // Gateways before version 164 do not tell it; a share is the least there is.
    minimumSize: contract.minimumSize === undefined || contract.minimumSize <= 0 ? 1 : contract.minimumSize,
    tradingHours: contract.tradingHours ?? "",
    liquidHours: contract.liquidHours ?? "",
  });
  if (checked.success) return { outcome: "answered", contract: checked.data };
  const fields = checked.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  return unavailable(`the broker's answer makes no sense (${fields})`, LATER_MS);
}

const unavailable = (reason: string, retryAfterMs: number | null): ContractReply => ({
  outcome: "unavailable",
  reason,
  retryAfterMs,
});

const NO_SESSION = unavailable("there is no session with the gateway", 5000);
const NO_SUCH = unavailable("the broker knows no US stock or ETF of this symbol", null);
