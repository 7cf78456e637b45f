import { type Bus, NoResponderError, PermissionDeniedError, RemoteError } from "#libs/bus/mod.ts";
import {
  approvedMessage,
  type ClientOrderId,
  type Decision,
  type DenyReason,
  deniedMessage,
  intentMessage,
  type OrderIntent,
} from "#libs/contracts/mod.ts";
import { sleep, wallNowMs } from "#libs/time/mod.ts";

const REPLY_TIMEOUT_MS = 1000;
/** A question that opens a position is repeated only this long: what was a reason then is none later. */
const REPEAT_WITHIN_MS = 10_000;
/**
 * After the last question, machine time: risk refuses a question older than 10 s, and an approval lives 60 s at most,
 * so an order of which the ledger holds nothing by then can never live. With 20 s to spare.
 */
const NEVER_DECIDED_AFTER_MS = 90_000;
const PAUSE_MS_MIN = 250;
const PAUSE_MS_MAX = 5000;

export interface Question {
  readonly intent: OrderIntent;
  readonly causedBy: string | null;
  /** Machine's wall clock when the strategy asked. */
  readonly askedAtMs: number;
  /** True when it may have been asked before this process started. */
  readonly repeated: boolean;
}

/** What becomes of a question; `undecided` comes at most once, and one of the others may follow it. */
export type Answer =
  | { readonly type: "decision"; readonly decision: Decision }
  | { readonly type: "refused"; readonly clientOrderId: ClientOrderId; readonly reasons: readonly DenyReason[] }
  | { readonly type: "undecided"; readonly clientOrderId: ClientOrderId };

interface DeskOptions {
  readonly bus: Bus;
  /** False once the ledger has shown what became of the order. */
  readonly isOpen: (clientOrderId: ClientOrderId) => boolean;
  /** Whether the order can only bring its position closer to flat. */
  readonly onlyCloses: (intent: OrderIntent) => boolean;
  readonly onAnswer: (intent: OrderIntent, answer: Answer) => void;
  /** Called when nobody answered for risk, and when somebody does again. */
  readonly onRisk: (available: boolean) => void;
}

/**
 * Asks risk, and never asks twice for one thing (law 2). Nobody there is a refusal, at once. No answer in time leaves
 * the order undecided: the ledger is asked what became of it, and risk again under the same id, which it answers
 * with the decision it made. An order that would open a position is asked for again only while it is fresh; after
 * that it stays undecided, and the strategy sees it among its working orders, until the ledger speaks or has been
 * silent for so long that no order can come of it any more.
 */
export class RiskDesk {
  readonly #options: DeskOptions;
  readonly #stopping = new AbortController();
  readonly #open = new Set<ClientOrderId>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Begins to ask; a question that is being asked already is not asked a second time. */
  ask(question: Question): void {
    const { clientOrderId } = question.intent;
    if (this.#open.has(clientOrderId)) return;
    this.#open.add(clientOrderId);
    void this.#settle(question).finally(() => this.#open.delete(clientOrderId));
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #settle(question: Question): Promise<void> {
    const { intent } = question;
    const { clientOrderId } = intent;
    const { isOpen, onAnswer } = this.#options;
    let mayBeDecided = question.repeated;
    let told = false;
    // A process before this one may have repeated it to the end.
    let lastAskedAtMs = question.askedAtMs + (question.repeated ? REPEAT_WITHIN_MS : 0);
    for (let attempt = 0; isOpen(clientOrderId) && !this.#stopping.signal.aborted; attempt += 1) {
      if (mayBeDecided) {
        const silentMs = wallNowMs() - lastAskedAtMs;
        const decision = await this.#recorded(clientOrderId);
        if (typeof decision === "object") return onAnswer(intent, { type: "decision", decision });
        if (decision === "none" && silentMs > NEVER_DECIDED_AFTER_MS) {
          const reasons = [{ code: "NEVER_DECIDED", detail: `silentMs=${silentMs} maxMs=${NEVER_DECIDED_AFTER_MS}` }];
          return onAnswer(intent, { type: "refused", clientOrderId, reasons });
        }
      }
      if (!mayBeDecided || this.#mayRepeat(question)) {
        lastAskedAtMs = wallNowMs();
        const answer = await this.#askOnce(question);
        const definite = answer.type === "decision" || (answer.type === "refused" && (answer.final || !mayBeDecided));
        if (definite) return onAnswer(intent, answer);
        mayBeDecided = true;
      }
      if (!told) onAnswer(intent, { type: "undecided", clientOrderId });
      told = true;
      await this.#pause(attempt);
    }
  }

  #mayRepeat(question: Question): boolean {
    if (!this.#options.bus.up) return false;
    return wallNowMs() - question.askedAtMs <= REPEAT_WITHIN_MS || this.#options.onlyCloses(question.intent);
  }

  /** One question. A refusal is final when it holds whatever was asked before under this id. */
  async #askOnce({ intent, causedBy }: Question): Promise<Answer & { readonly final?: boolean }> {
    const { bus, onRisk } = this.#options;
    const { clientOrderId } = intent;
    const refused = (code: string, detail: string, final = false) => ({
      type: "refused" as const,
      clientOrderId,
      reasons: [{ code, detail: detail.slice(0, 500) }],
      final,
    });
    if (!bus.up) return refused("BUS_AWAY", "the bus is away: no orders until it is back");
    try {
      const decision = await bus.request(intentMessage, [], intent, { causedBy, timeoutMs: REPLY_TIMEOUT_MS });
      onRisk(true);
      return { type: "decision", decision };
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      if (error instanceof NoResponderError) {
        onRisk(false);
        return refused("RISK_UNAVAILABLE", what);
      }
      if (error instanceof PermissionDeniedError) return refused("NOT_PERMITTED", what, true);
      if (error instanceof RemoteError && error.remoteCode === "INVALID_MESSAGE")
        return refused("INVALID_INTENT", what, true);
      bus.context.logger.warn({ clientOrderId, error: what }, "risk's answer was lost: the order is undecided");
      return { type: "undecided", clientOrderId };
    }
  }

  /** The decision the ledger holds, or that it holds none; or that it cannot be asked now. */
  async #recorded(clientOrderId: ClientOrderId): Promise<Decision | "none" | "not-known"> {
    const { bus } = this.#options;
    if (!bus.up) return "not-known";
    try {
      const approved = await bus.lastValue(approvedMessage, [clientOrderId]);
      if (approved) return { outcome: "approved", clientOrderId, expiresAt: approved.data.expiresAt };
      const denied = await bus.lastValue(deniedMessage, [clientOrderId]);
      return denied ? { outcome: "denied", clientOrderId, reasons: denied.data.reasons } : "none";
    } catch (error) {
      bus.context.logger.warn({ clientOrderId, error: String(error) }, "the ledger could not be asked, asking again");
      return "not-known";
    }
  }

  async #pause(attempt: number): Promise<void> {
    try {
      await sleep(Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** attempt), this.#stopping.signal);
    } catch (error) {
      // The service stops; the loop ends at its next turn, and the snapshot knows that the order is undecided.
      if (!this.#stopping.signal.aborted) throw error;
    }
  }
}
