import type { OrderIntent, WhatIf } from "#libs/contracts/mod.ts";
import { meaningForOrder } from "../gateway/codes.ts";
import type { OrderAction } from "../gateway/codes-table.ts";
import type { OrderChannel } from "../gateway/order-channel.ts";
import type { WhatIfFigures } from "../gateway/reports.ts";
import { legsOf } from "../orders/legs.ts";
import type { OrderIds } from "../orders/order-ids.ts";

export interface WhatIfDeskOptions {
  readonly orderIds: OrderIds;
  readonly nowMs: () => number;
  readonly account: () => string | null;
  /** Null when the session accepts orders; else why not. */
  readonly whyNot: () => string | null;
  /** Whether an order has its id and is not handed over for writing yet. */
  readonly isSubmitting: () => boolean;
  readonly onReadOnly: (text: string) => void;
  /** The bus refused to keep what must be kept: the process must end. */
  readonly onRefused: (error: unknown) => void;
}

/** The broker answers within a fraction of a second; who asks has a decision to make. */
export const WHAT_IF_TIMEOUT_MS = 2500;
/** Questions that wait for their answer: more are not asked, since they share the message pace with orders. */
const WAITING_MAX = 20;

/** The part of a connection that can ask. */
type QuestionChannel = Pick<OrderChannel, "whatIf">;

interface Waiting {
  readonly askedAtMs: number;
  readonly answer: (answer: WhatIf) => void;
  /** Warnings come as errors beside the answer. */
  readonly warnings: string[];
}

/**
 * Asks the broker what an order would do to the account. The question has an order id of its own, reserved before it is
 * used, which no order ever gets; nothing else of it is recorded, since nothing is placed.
 */
export class WhatIfDesk {
  readonly #options: WhatIfDeskOptions;
  readonly #waiting = new Map<number, Waiting>();
  /** Questions that wait for orders to be written, or for an id; what their answer is given to, and how they are asked. */
  readonly #later = new Map<Waiting, (orderId: number) => void>();

  constructor(options: WhatIfDeskOptions) {
    this.#options = options;
  }

  /** Of a bracket its entry is asked about: its exits only ever reduce what that opens. */
  ask(intent: OrderIntent, channel: QuestionChannel | null): Promise<WhatIf> {
    const { nowMs, account, whyNot } = this.#options;
    const name = account();
    if (channel === null || name === null) return Promise.resolve(unavailable("not connected to the gateway"));
    const reason = whyNot();
    if (reason !== null) return Promise.resolve(unavailable(reason));
    if (this.#waiting.size + this.#later.size >= WAITING_MAX) {
      return Promise.resolve(unavailable(`${WAITING_MAX} questions wait for their answer already`));
    }
    return new Promise((answer) => {
      const waiting: Waiting = { askedAtMs: nowMs(), answer, warnings: [] };
      this.#later.set(waiting, (orderId) => this.#write(orderId, waiting, intent, name, channel));
      this.#writeLater();
    });
  }

  /**
   * An order that has its id already must be written first: the gateway takes no id below one that it has seen (103),
   * be it a question's. Orders that wait for the message pace are ahead in the queue.
   */
  #writeLater(): void {
    const { isSubmitting, orderIds, onRefused } = this.#options;
    if (isSubmitting()) return;
    for (const [waiting, write] of this.#later) {
      const orderId = orderIds.nextReserved();
      if (orderId === null) {
        orderIds.reserve().then(() => this.#writeLater(), onRefused);
        return;
      }
      this.#later.delete(waiting);
      write(orderId);
    }
  }

  #write(orderId: number, waiting: Waiting, intent: OrderIntent, account: string, channel: QuestionChannel): void {
    const { whyNot } = this.#options;
    this.#waiting.set(orderId, waiting);
    channel.whatIf({ ...legsOf(intent)[0], orderId }, account, {
      mayStillSend: () => this.#waiting.has(orderId) && whyNot() === null,
      onDropped: () => this.#settle(orderId, unavailable(whyNot() ?? "the connection ended before it was asked")),
    });
  }

  answered(orderId: number, { warning, ...figures }: WhatIfFigures): void {
    const warnings = [...(this.#waiting.get(orderId)?.warnings ?? []), ...(warning === null ? [] : [warning])];
    this.#settle(orderId, {
      outcome: "answered",
      ...figures,
      warning: warnings.length > 0 ? warnings.join("; ") : null,
    });
  }

  /** @returns whether the error is about a question asked here */
  failed(orderId: number, code: number, text: string): boolean {
    const waiting = this.#waiting.get(orderId);
    if (waiting === undefined) return false;
    const reason = `${code}: ${text}`;
    const meaning = meaningForOrder(code, text);
    if (meaning === "warning") waiting.warnings.push(reason);
    else this.#settle(orderId, isAboutOrder(code, meaning) ? { outcome: "refused", reason } : unavailable(reason));
    if (meaning === "read-only") this.#options.onReadOnly(text);
    return true;
  }

  onSessionLost(reason: string): void {
    for (const { answer } of this.#later.keys()) answer(unavailable(`the session ended: ${reason}`));
    this.#later.clear();
    for (const orderId of [...this.#waiting.keys()]) this.#settle(orderId, unavailable(`the session ended: ${reason}`));
  }

  /** Call it now and then: what is not answered in time never will be. */
  onTime(): void {
    const now = this.#options.nowMs();
    for (const waiting of [...this.#later.keys()]) {
      if (now - waiting.askedAtMs < WHAT_IF_TIMEOUT_MS) continue;
      this.#later.delete(waiting);
      waiting.answer(unavailable(`orders, or the bus, were in its way for ${WHAT_IF_TIMEOUT_MS} ms`));
    }
    this.#writeLater();
    for (const [orderId, { askedAtMs }] of [...this.#waiting]) {
      if (now - askedAtMs < WHAT_IF_TIMEOUT_MS) continue;
      this.#settle(orderId, unavailable(`the broker did not answer within ${WHAT_IF_TIMEOUT_MS} ms`));
    }
  }

  #settle(orderId: number, answer: WhatIf): void {
    const waiting = this.#waiting.get(orderId);
    this.#waiting.delete(orderId);
    waiting?.answer(answer);
  }
}

const DUPLICATE_ID = 103;

/** Whether the order would be refused as well. That its id was in use, or that we asked too fast, says nothing of it. */
const isAboutOrder = (code: number, meaning: OrderAction): boolean =>
  code !== DUPLICATE_ID && (meaning === "rejected" || meaning === "read-only" || meaning === "canceled");

const unavailable = (reason: string): WhatIf => ({ outcome: "unavailable", reason });
