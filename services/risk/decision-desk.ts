import {
  BacklogFullError,
  type Bus,
  InvalidMessageError,
  PermissionDeniedError,
  type Recorded,
  StreamFullError,
} from "#libs/bus/mod.ts";
import {
  type Alert,
  type Approval,
  approvedMessage,
  type Decision,
  type DenyReason,
  deniedMessage,
  type Envelope,
  type OrderIntent,
  type WhatIf,
  whatIfMessage,
  wordsOnOrder,
} from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep } from "#libs/time/mod.ts";
import { buyingPower } from "./checks/buying-power.ts";
import { figures } from "./checks/check.ts";
import { clientOrderIdUsed } from "./checks/client-order-id-used.ts";
import { exitExceedsPosition } from "./checks/exit-exceeds-position.ts";
import { shortSale } from "./checks/short-sale.ts";
import { BusAwayError, DecisionUnknownError, LedgerUnreadError } from "./errors.ts";
import { isNearBuyingPower } from "./evaluate/buying-power.ts";
import { type Evaluation, evaluate } from "./evaluate/evaluate.ts";
import { excessDayTrades } from "./evaluate/fourth-day-trade.ts";
import { othersBeyond } from "./evaluate/purpose.ts";
import type { Moment, RiskView } from "./evaluate/view.ts";
import type { Reservations } from "./reservations.ts";
import type { OpenOrder } from "./state/book.ts";
import { foreignName } from "./state/foreign-orders.ts";
import { fingerprintOf } from "./state/orders.ts";

/** The strategy waits a second for its answer; the ledger must have the approval before it is given. */
const RECORD_DEADLINE_MS = 800;
/** A read to the ledger's end takes a millisecond or two; where it takes longer than this, nothing is decided. */
const READ_DEADLINE_MS = 300;
/** How long an exit waits for a fact that is on its way into the ledger. What is in it counts at once. */
const NEWS_MS = 300;
const NEWS_STEP_MS = 10;
/** The strategy's second must hold for this, the ledger and the way between. */
const WHAT_IF_TIMEOUT_MS = 300;
/** An alert about an exit goes first, and never holds it up for longer. */
const ALERT_DEADLINE_MS = 200;
/** An order of others is told again after so long, machine time: a close-out that tries again and again is one thing. */
const TELL_OF_OTHERS_EVERY_MS = 600_000;
/** Deny code of an order whose approval the ledger refused to take. */
export const LEDGER_REFUSED = "LEDGER_REFUSED";

export interface DeskOptions {
  readonly bus: Pick<Bus, "record" | "alert" | "request" | "up" | "context">;
  readonly reservations: Reservations;
  readonly view: () => RiskView;
  readonly now: () => Moment;
  /** Makes the view include all that the ledger holds now; false when it cannot. */
  readonly readLedger: () => Promise<boolean>;
  /** Told the ledger sequence of each approval, which is to come back through the fold. */
  readonly onStored: (sequence: number) => void;
  /** How long an exit waits for a fact that is on its way; 300 ms by default. */
  readonly newsMs?: number | undefined;
}

/** Where intents become decisions: checked and reserved in one step, on the disk before they are answered. */
export class DecisionDesk {
  readonly #options: DeskOptions;
  /** Decisions being made, or made and not in the book yet, by order id: who asks twice gets one answer. */
  readonly #made = new Map<string, { readonly fingerprint: string; readonly decision: Promise<Decision> }>();
  /** Order ids whose decision is being recorded, or is in the ledger and not in the book yet. */
  readonly #underway = new Set<string>();
  /** When the operator was told of an order of others beside an exit, by its id; machine time. */
  readonly #toldOfOthers = new Map<string, number>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /**
   * Answers an intent. The same order asked again gets the decision it got before; another order under a known id is
   * denied.
   *
   * @throws BusAwayError, DecisionUnknownError, LedgerUnreadError
   */
  decide(request: Envelope<OrderIntent>): Promise<Decision> {
    const { clientOrderId } = request.data;
    const fingerprint = fingerprintOf(request.data);
    const known = this.#decided(request.data);
    if (known) return Promise.resolve(known);
    const made = this.#made.get(clientOrderId);
    if (made) return made.fingerprint === fingerprint ? made.decision : Promise.resolve(taken(request.data));
    // Approved, and whether the ledger holds it is still not known: no second decision may be made meanwhile.
    if (this.#options.reservations.orders.has(clientOrderId)) {
      return Promise.reject(new DecisionUnknownError(clientOrderId, RECORD_DEADLINE_MS));
    }
    const decision = this.#decide(request);
    this.#made.set(clientOrderId, { fingerprint, decision });
    decision.then(
      () => {
        if (!this.#underway.has(clientOrderId) || this.#decided(request.data)) this.#made.delete(clientOrderId);
      },
      () => this.#made.delete(clientOrderId),
    );
    return decision;
  }

  /** The book holds the decision: it answers for it from now on. */
  onRecorded(clientOrderId: string): void {
    this.#giveBack(clientOrderId);
  }

  /** Nothing of this id is kept here any more: the book has its decision, or the ledger will not get it from here. */
  #giveBack(clientOrderId: string): void {
    this.#options.reservations.release(clientOrderId);
    this.#underway.delete(clientOrderId);
    this.#made.delete(clientOrderId);
  }

  async #decide(request: Envelope<OrderIntent>): Promise<Decision> {
    if (!this.#options.bus.up) throw new BusAwayError();
    let look = this.#look(request);
    if (look.evaluation.outcome === "denied") {
      // The fold may be late, and no order is denied for what the ledger holds and the fold has not read (law 7).
      await this.#readLedger(request.data);
      const known = this.#decided(request.data);
      if (known) return known;
      look = this.#look(request);
    }
    const evaluation = look.isNear ? await this.#askedOfBroker(request, look.evaluation) : look.evaluation;
    const settled = await this.#afterNews(request, evaluation);
    if (settled.outcome === "denied") return this.#deny(request, settled.reasons);
    await this.#warnOfDayTrade(request.data, settled.approval);
    await this.#warnOfOthers(request.data, settled.approval);
    return this.#approve(request, settled.approval);
  }

  /** What the state says of the order, which is reserved if it may pass; and whether it is near the buying power. */
  #look(request: Envelope<OrderIntent>): { readonly evaluation: Evaluation; readonly isNear: boolean } {
    const { view, now } = this.#options;
    const isNear = isNearBuyingPower(request.data, view(), now());
    return { isNear, evaluation: this.#evaluateAndReserve(request) };
  }

  /** @throws LedgerUnreadError */
  async #readLedger({ clientOrderId }: OrderIntent): Promise<void> {
    const isRead = await within(this.#options.readLedger(), READ_DEADLINE_MS);
    if (isRead !== true) throw new LedgerUnreadError(clientOrderId, READ_DEADLINE_MS);
  }

  /**
   * Near the limit of buying power the broker's word decides. What the model approved stays reserved while it is
   * asked, so that the answer cannot be used up by another order.
   */
  async #askedOfBroker(request: Envelope<OrderIntent>, first: Evaluation): Promise<Evaluation> {
    if (first.outcome === "denied" && first.reasons.some(({ code }) => code !== buyingPower.code)) return first;
    const whatIf = await this.#askBroker(request);
    this.#options.reservations.release(request.data.clientOrderId);
    return this.#evaluateAndReserve(request, whatIf);
  }

  async #askBroker(request: Envelope<OrderIntent>): Promise<WhatIf> {
    const { bus } = this.#options;
    try {
      return await bus.request(whatIfMessage, [], request.data, {
        causedBy: request.id,
        timeoutMs: WHAT_IF_TIMEOUT_MS,
      });
    } catch (error) {
      // The check falls back on its own model.
      bus.context.logger.warn(
        { clientOrderId: request.data.clientOrderId, error: String(error) },
        "the broker was not asked what an order would do to margin",
      );
      return { outcome: "unavailable", reason: String(error) };
    }
  }

  /** One synchronous step: nothing can come between the check and the reservation. */
  #evaluateAndReserve(request: Envelope<OrderIntent>, whatIf?: WhatIf): Evaluation {
    const { view, now, reservations } = this.#options;
    const moment = now();
    const evaluation = evaluate(request.data, view(), moment, {
      askedAtMs: request.publishedAt,
      ...(whatIf ? { whatIf } : {}),
    });
    if (evaluation.outcome === "approved") reservations.take(evaluation.approval, moment.marketMs);
    return evaluation;
  }

  /** Who sends an exit may know of a fill or a cancel before it is in the ledger: the exit must not fail for that. */
  async #afterNews(request: Envelope<OrderIntent>, first: Evaluation): Promise<Evaluation> {
    const untilMs = monotonicNowMs() + (this.#options.newsMs ?? NEWS_MS);
    let evaluation = first;
    while (awaitsNews(evaluation, request.data, this.#options.view()) && monotonicNowMs() < untilMs) {
      await sleep(NEWS_STEP_MS);
      await this.#readLedger(request.data);
      evaluation = this.#evaluateAndReserve(request);
    }
    return evaluation;
  }

  async #approve(request: Envelope<OrderIntent>, approval: Approval): Promise<Decision> {
    const { bus } = this.#options;
    const { clientOrderId } = approval.intent;
    const recording = bus.record(approvedMessage, [clientOrderId], approval, {
      onlyFirst: { among: wordsOnOrder(clientOrderId) },
      id: `approved-${clientOrderId}`,
      causedBy: request.id,
    });
    this.#underway.add(clientOrderId);
    let recorded: Recorded<Approval> | "late";
    try {
      recorded = await within(recording, RECORD_DEADLINE_MS);
    } catch (error) {
      if (!isCertainRefusal(error)) throw error;
      // It is certain that the ledger does not hold it, so nothing can be sent because of it.
      this.#giveBack(clientOrderId);
      bus.context.logger.error({ clientOrderId, error: String(error) }, "the ledger refused an approval");
      return denied(approval.intent, [{ code: LEDGER_REFUSED, detail: figures({ error: String(error) }) }]);
    }
    if (recorded === "late") {
      recording.then(
        ({ outcome }) => {
          // What exists is in the book, or comes to it with the ledger's next messages.
          if (outcome === "exists") this.#giveBack(clientOrderId);
        },
        (error: unknown) => {
          if (isCertainRefusal(error)) this.#giveBack(clientOrderId);
          bus.context.logger.error(
            { clientOrderId, error: String(error) },
            "an approval that was late is not recorded",
          );
        },
      );
      throw new DecisionUnknownError(clientOrderId, RECORD_DEADLINE_MS);
    }
    if (recorded.outcome === "stored") this.#options.onStored(recorded.sequence);
    if (recorded.outcome === "exists") return this.#decidedBefore(approval.intent);
    return { outcome: "approved", clientOrderId, expiresAt: approval.expiresAt };
  }

  async #deny(request: Envelope<OrderIntent>, reasons: readonly DenyReason[]): Promise<Decision> {
    const { bus } = this.#options;
    const intent = request.data;
    const recording = bus.record(
      deniedMessage,
      [intent.clientOrderId],
      { intent, reasons: [...reasons] },
      {
        onlyFirst: { among: wordsOnOrder(intent.clientOrderId) },
        id: `denied-${intent.clientOrderId}`,
        causedBy: request.id,
      },
    );
    this.#underway.add(intent.clientOrderId);
    // A denial needs no ledger to be true; the record only tells of it. Until the book has it, it is the answer all the
    // same: approved when it is asked again, the order would have two decisions, and who reads the ledger the wrong one.
    const failed = (error: unknown) => {
      this.#giveBack(intent.clientOrderId);
      bus.context.logger.error(
        { clientOrderId: intent.clientOrderId, error: String(error) },
        "a denial is not recorded",
      );
    };
    const told = recording.then(({ outcome }) => {
      if (outcome === "exists") this.#giveBack(intent.clientOrderId);
      return outcome;
    }, failed);
    const outcome = await within(told, RECORD_DEADLINE_MS);
    return outcome === "exists" ? this.#decidedBefore(intent) : denied(intent, reasons);
  }

  /** Another copy of this service, or this one before a crash, decided already: the ledger tells what. */
  async #decidedBefore(intent: OrderIntent): Promise<Decision> {
    try {
      await this.#readLedger(intent);
    } finally {
      this.#giveBack(intent.clientOrderId);
    }
    // An id older than what the book remembers had its order, with a life of its own; this one is another.
    return this.#decided(intent) ?? taken(intent);
  }

  #decided(intent: OrderIntent): Decision | undefined {
    const { clientOrderId } = intent;
    const known = this.#options.view().book.decisions.get(clientOrderId);
    if (known === undefined) return undefined;
    if (known.fingerprint !== fingerprintOf(intent)) return taken(intent);
    if (known.outcome === "denied") return denied(intent, known.reasons);
    return { outcome: "approved", clientOrderId, expiresAt: known.expiresAt };
  }

  async #warnOfDayTrade(intent: OrderIntent, approval: Approval): Promise<void> {
    if (!approval.reducesRisk) return;
    const used = excessDayTrades(intent, this.#options.view());
    if (used === null) return;
    const alert = this.#options.bus.alert({
      severity: "warning",
      code: "DAY_TRADE_EXCEEDED",
      title: `Closing ${intent.symbol} can make day trade ${used} in five business days`,
      text: "Exits that work are counted in. The exit is sent: the way out is always open. The broker may refuse new openings for some days.",
      fields: [
        { name: "order", value: intent.clientOrderId },
        { name: "day trades", value: String(used) },
      ],
    });
    await within(alert, ALERT_DEADLINE_MS).catch((error: unknown) => {
      this.#options.bus.context.logger.error({ error: String(error) }, "the day-trade alert is not recorded");
    });
  }
  /** An order of others does not stop an exit (law 7); whoever placed it hears at once what the two may do together. */
  async #warnOfOthers(intent: OrderIntent, approval: Approval): Promise<void> {
    if (!approval.reducesRisk) return;
    const { bus, view, now } = this.#options;
    const nowMs = now().monotonicMs;
    const isNews = ({ clientOrderId }: OpenOrder) =>
      nowMs - (this.#toldOfOthers.get(clientOrderId) ?? Number.NEGATIVE_INFINITY) >= TELL_OF_OTHERS_EVERY_MS;
    const others = othersBeyond(intent, view(), now());
    if (!others.some(isNews)) return;
    for (const { clientOrderId } of others) this.#toldOfOthers.set(clientOrderId, nowMs);
    const alert = bus.alert(exitBesideOthers(intent, others));
    await within(alert, ALERT_DEADLINE_MS).catch((error: unknown) => {
      bus.context.logger.error({ error: String(error) }, "the alert of orders of others is not recorded");
    });
  }
}

/**
 * Whether an exit was refused for its size while news of the symbol may be on its way into the ledger: from orders that
 * work there or are being recorded, or of a position on which the broker and the executions differ.
 */
function awaitsNews(evaluation: Evaluation, { symbol }: OrderIntent, view: RiskView): boolean {
  if (evaluation.outcome === "approved") return false;
  const isSize = evaluation.reasons.some(({ code }) => code === exitExceedsPosition.code || code === shortSale.code);
  if (!isSize) return false;
  if ((view.book.symbols.get(symbol)?.reported ?? null) !== null) return true;
  const isOfSymbol = (order: OpenOrder) => order.symbol === symbol;
  return view.book.orders.values().some(isOfSymbol) || view.reserved.values().some(isOfSymbol);
}

/** Errors after which it is certain that the ledger does not hold the message. */
const isCertainRefusal = (error: unknown): boolean =>
  error instanceof StreamFullError ||
  error instanceof PermissionDeniedError ||
  error instanceof InvalidMessageError ||
  error instanceof BacklogFullError;

const denied = ({ clientOrderId }: OrderIntent, reasons: readonly DenyReason[]): Decision => ({
  outcome: "denied",
  clientOrderId,
  reasons: [...reasons],
});

const taken = (intent: OrderIntent): Decision =>
  denied(intent, [{ code: clientOrderIdUsed.code, detail: figures({ clientOrderId: intent.clientOrderId }) }]);

async function within<Result>(promise: Promise<Result>, deadlineMs: number): Promise<Result | "late"> {
  const abort = new AbortController();
  try {
    return await Promise.race([promise, sleep(deadlineMs, abort.signal).then((): "late" => "late")]);
  } finally {
    abort.abort();
  }
}

const exitBesideOthers = (exit: OrderIntent, others: readonly OpenOrder[]): Alert => ({
  severity: "critical",
  code: "EXIT_BESIDE_FOREIGN_ORDER",
  title: `An order of others could turn ${exit.symbol} around once the exit fills`,
  text: `${others.map(foreignName).join(", ")} is not of this platform and works at the broker. The exit, ${exit.side} ${exit.quantity} ${exit.symbol}, is sent: the way out is always open. If both fill, more is closed than is held. Cancel the other one at the broker now, or every order of the account with \`npx crucible gateway global-cancel --reason TEXT\`.`.slice(
    0,
    2000,
  ),
  fields: [{ name: "order", value: exit.clientOrderId }],
});
