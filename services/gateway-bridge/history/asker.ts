import { actionForHistory } from "../gateway/codes.ts";
import type { HistoricalPacing, HistoricalRequest } from "../gateway/historical-pacing.ts";
import type { HistoryChannel } from "../gateway/history-channel.ts";
import type { HistoricalBar } from "../gateway/reports.ts";

/** What came of a question. */
export type Asked =
  | { readonly outcome: "answered"; readonly bars: readonly HistoricalBar[] }
  | { readonly outcome: "unavailable"; readonly reason: string; readonly retryAfterMs: number | null };

export interface AskerOptions {
  readonly pacing: HistoricalPacing;
  /** Machine's monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly nextRequestId: () => number;
}

export interface AskOptions {
  /** How long the question may wait for the pace and for its answer, machine time. */
  readonly patienceMs: number;
  /** Goes before all that are not: a strategy waits for its next bar. */
  readonly urgent?: boolean;
}

/** The answer to a question was never seen to take longer; the broker's own word for it is 162. */
const ANSWER_MS = 30_000;
/** How long a failure that may pass is left alone. */
const LATER_MS = 10_000;
const NO_SESSION_RETRY_MS = 5000;

interface Question {
  readonly identity: string;
  readonly request: HistoricalRequest;
  readonly giveUpAtMs: number;
  readonly urgent: boolean;
  readonly bars: HistoricalBar[];
  readonly resolve: (asked: Asked) => void;
  answerByMs: number;
}

/**
 * Asks the broker's history: one question at a time for what several want to know, never faster than the broker
 * allows, and always with an end. Has no timer of its own: {@link onTime} is called a few times a second.
 */
export class HistoryAsker {
  readonly #options: AskerOptions;
  readonly #pacing: HistoricalPacing;
  readonly #open = new Map<string, Promise<Asked>>();
  readonly #asked = new Map<number, Question>();
  #waiting: Question[] = [];
  #channel: HistoryChannel | null = null;

  constructor(options: AskerOptions) {
    this.#options = options;
    this.#pacing = options.pacing;
  }

  /** Questions that wait for the pace, and those that wait for their answer. */
  get counts(): { readonly waiting: number; readonly asked: number } {
    return { waiting: this.#waiting.length, asked: this.#asked.size };
  }

  attach(channel: HistoryChannel): void {
    this.#channel = channel;
    this.#drain();
  }

  /** The session is gone, and with it every answer. */
  detach(): void {
    this.#channel = null;
    this.#pacing.connectionLost();
    const ended = [...this.#asked.values(), ...this.#waiting];
    this.#asked.clear();
    this.#waiting = [];
    for (const question of ended) this.#end(question, NO_SESSION);
  }

  ask(request: HistoricalRequest, { patienceMs, urgent = false }: AskOptions): Promise<Asked> {
    const identity = JSON.stringify(request);
    const open = this.#open.get(identity);
    if (open !== undefined) return open;
    if (this.#channel === null) return Promise.resolve(NO_SESSION);
    const { promise, resolve } = Promise.withResolvers<Asked>();
    this.#open.set(identity, promise);
    const giveUpAtMs = this.#options.nowMs() + patienceMs;
    const question = { identity, request, giveUpAtMs, urgent, bars: [], resolve, answerByMs: 0 };
    if (urgent) this.#waiting.unshift(question);
    else this.#waiting.push(question);
    this.#drain();
    return promise;
  }

  onTime(): void {
    const nowMs = this.#options.nowMs();
    for (const [requestId, question] of [...this.#asked]) {
      if (nowMs < question.answerByMs) continue;
      this.#channel?.cancelBarsQuestion(requestId);
      this.#answered(requestId, {
        outcome: "unavailable",
        reason: "the broker's history did not answer in time",
        retryAfterMs: LATER_MS,
      });
    }
    this.#drain();
  }

  historicalBar(requestId: number, bar: HistoricalBar): void {
    this.#asked.get(requestId)?.bars.push(bar);
  }

  historyEnd(requestId: number): void {
    const question = this.#asked.get(requestId);
    if (question !== undefined) this.#answered(requestId, { outcome: "answered", bars: question.bars });
  }

  /** @returns whether the request was one of ours. */
  requestError(requestId: number, code: number, text: string): boolean {
    const question = this.#asked.get(requestId);
    if (question === undefined) return false;
    const said = `the broker said ${code}: ${text}`;
    switch (actionForHistory(code, text)) {
      case "keep":
        return true;
      case "no-data":
        this.#answered(requestId, { outcome: "answered", bars: [] });
        return true;
      case "too-fast":
        // The pace was broken all the same (another program may share the account): the rule on identical questions
        // holds it back for as long as the broker wants.
        this.#asked.delete(requestId);
        this.#pacing.ended();
        this.#waiting.push(question);
        this.#drain();
        return true;
      case "later":
        this.#answered(requestId, { outcome: "unavailable", reason: said, retryAfterMs: LATER_MS });
        return true;
      case "refused":
        this.#answered(requestId, { outcome: "unavailable", reason: said, retryAfterMs: null });
        return true;
    }
  }

  #answered(requestId: number, asked: Asked): void {
    const question = this.#asked.get(requestId);
    if (question === undefined) return;
    this.#asked.delete(requestId);
    this.#pacing.ended();
    this.#end(question, asked);
    this.#drain();
  }

  #end(question: Question, asked: Asked): void {
    this.#open.delete(question.identity);
    question.resolve(asked);
  }

  /** Asks what the pace allows now; what cannot be asked while anybody still waits for it is given back. */
  #drain(): void {
    const channel = this.#channel;
    if (channel === null) return;
    const nowMs = this.#options.nowMs();
    const later: Question[] = [];
    for (const question of this.#waiting) {
      const waitMs = this.#pacing.mayAsk(question.request, nowMs);
      if (waitMs === 0) {
        this.#pacing.asked(question.request, nowMs);
        const requestId = this.#options.nextRequestId();
        question.bars.length = 0;
        question.answerByMs = Math.min(nowMs + ANSWER_MS, Math.max(question.giveUpAtMs, nowMs + 1000));
        this.#asked.set(requestId, question);
        channel.askBars(requestId, question.request);
      } else if (nowMs + waitMs > question.giveUpAtMs) {
        this.#end(question, {
          outcome: "unavailable",
          reason: "the broker's history is asked too fast: its pacing rules would be broken",
          retryAfterMs: Math.ceil(waitMs),
        });
      } else later.push(question);
    }
    this.#waiting = later;
  }
}

const NO_SESSION: Asked = {
  outcome: "unavailable",
  reason: "there is no session with the gateway",
  retryAfterMs: NO_SESSION_RETRY_MS,
};
