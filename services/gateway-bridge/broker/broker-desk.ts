import type { IBApi } from "@stoqey/ib";
import type {
  AccountSummary,
  Alert,
  ClientOrderId,
  OrderIntent,
  Outcome,
  Position,
  WhatIf,
} from "#libs/contracts/mod.ts";
import { BrokerAccount } from "../account/broker-account.ts";
import type { Desk, DeskListener } from "../desk/desk.ts";
import type { RequestIds } from "../desk/request-ids.ts";
import type { Connection } from "../gateway/connection.ts";
import { attachOrderChannel, type OrderChannel } from "../gateway/order-channel.ts";
import type { BrokerExecution, BrokerList, BrokerOrder, BrokerOrderStatus } from "../gateway/reports.ts";
import type { SendQueue } from "../gateway/send-queue.ts";
import { surpriseIn, toldAnew } from "../orders/after-end.ts";
import type { Book, OpenOrder } from "../orders/book.ts";
import { type Fact, fillProgress, orderFact } from "../orders/facts.ts";
import { exactShares } from "../orders/holdings.ts";
import type { OrderIds } from "../orders/order-ids.ts";
import type { Recorder } from "../orders/recorder.ts";
import type { Venue } from "../orders/venue.ts";
import * as alerts from "./alerts.ts";
import { Cancels } from "./cancels.ts";
import { believableTime, fillOf } from "./executions.ts";
import { foreignNews } from "./foreign.ts";
import { openOrderOf, ownOrderOf } from "./matching.ts";
import { errorNews, type InactiveReport, type OrderNews, orderNews, type SaidOver } from "./order-news.ts";
import type { Gathered } from "./pass.ts";
import { differencesOf, PositionBook } from "./positions.ts";
import { Reader } from "./reader.ts";
import { foreignOrders, reconcile, SETTLE_MS } from "./reconcile.ts";
import { VainCancels } from "./vain-cancels.ts";
import { WhatIfDesk } from "./what-if.ts";
import { missingFrom, Written } from "./written.ts";

export interface BrokerDeskOptions {
  readonly book: Book;
  readonly recorder: Recorder;
  readonly orderIds: OrderIds;
  readonly requestIds: RequestIds;
  readonly clientId: number;
  readonly nowMs: () => number;
  /** Machine wall clock, epoch milliseconds. */
  readonly wallMs: () => number;
  readonly marketNowMs: () => number | null;
  readonly account: () => string | null;
  /** Null when the session accepts orders; else why not. */
  readonly whyNot: () => string | null;
  readonly isReady: () => boolean;
  /** Whether the worker is recording an order, which has its id already. */
  readonly isSubmitting: () => boolean;
  readonly alert: (alert: Alert) => void;
  readonly onRefused: (error: unknown) => void;
  readonly onReadOnly: (text: string) => void;
  readonly onAccountChanged: () => void;
}

/** How long an order may be held inactive before that counts as a refusal; its reason comes in a message of its own. */
const INACTIVE_MS = 500;
/** How long executions may lag behind a status that counts them. */
const EXECUTIONS_LAG_MS = 2000;
const SOON_MS = 300;
/** Commission reports that wait for their execution; they come within milliseconds of each other. */
const EARLY_COMMISSIONS_MAX = 1000;

/** Paper and live: orders go to the broker, and its lists are the truth. */
export class BrokerDesk implements Desk {
  readonly venue: Venue;
  readonly listener: DeskListener;
  readonly #options: BrokerDeskOptions;
  readonly #positions: PositionBook;
  readonly #questions: WhatIfDesk;
  readonly #cancels: Cancels;
  readonly #account: BrokerAccount;
  readonly #reader: Reader;
  readonly #written: Written;
  readonly #inactive = new Map<ClientOrderId, InactiveReport & { readonly sinceMs: number }>();
  /** Orders that an error called over, until their status or a list says how they ended. */
  readonly #saidOver = new Map<ClientOrderId, SaidOver & { readonly atMs: number; readonly sinceMs: number }>();
  /** Entries of which a protective order was never sent. */
  readonly #unprotected = new Set<ClientOrderId>();
  readonly #vainCancels = new VainCancels();
  readonly #earlyCommissions = new Map<string, number>();
  readonly #told = new Set<string>();
  /** Shares that the broker counts as filled and whose executions it lists no more: asking again is in vain. */
  readonly #filledUnseen = new Map<ClientOrderId, number>();
  #missingSinceMs: ReadonlyMap<ClientOrderId, number> = new Map();
  #channel: OrderChannel | null = null;
  #connection: Connection | null = null;

  constructor(options: BrokerDeskOptions) {
    this.#options = options;
    const whyNot = () => options.whyNot() ?? options.orderIds.whyNone;
    this.#positions = new PositionBook(options.account);
    this.#questions = new WhatIfDesk({ ...options, whyNot });
    this.#cancels = new Cancels(options.nowMs);
    this.#written = new Written(options.nowMs);
    const nextRequestId = () => options.requestIds.next();
    this.#reader = new Reader({ nowMs: options.nowMs, nextRequestId });
    this.#account = new BrokerAccount({
      nextRequestId,
      nowMs: options.nowMs,
      wallMs: options.wallMs,
      alert: options.alert,
      onChanged: options.onAccountChanged,
    });
    this.venue = {
      whyNot: () => (this.#channel === null ? "not connected" : whyNot()),
      nextOrderId: () => options.orderIds.next(),
      place: (group, guard) => this.#place(group, guard),
      cancel: (order) => this.#cancel(order),
    };
    this.listener = {
      openOrder: (order) => this.#onOpenOrder(order),
      whatIf: (orderId, figures) => this.#questions.answered(orderId, figures),
      completedOrder: (order) => this.#reader.pass?.addCompleted(order),
      orderStatus: (status) => {
        this.#reader.pass?.addStatus(status);
        this.#onOrder(status);
      },
      execution: (execution) => this.#onExecution(execution),
      commission: (executionId, commission) => this.#onCommission(executionId, commission),
      position: (position) => {
        if (position.account !== options.account()) return;
        this.#positions.take(position);
        options.onAccountChanged();
      },
      positionUnreadable: (account, symbol) => {
        if (account !== options.account()) return;
        this.#positions.doubt(symbol);
        options.onAccountChanged();
      },
      accountValue: (account, tag, value) => {
        if (account === options.account()) this.#account.summaryValue(tag, value);
      },
      accountUpdate: (account, key, value) => {
        if (account === options.account()) this.#account.updateValue(key, value);
      },
      profit: (...figures) => this.#account.profit(...figures),
      otherContract: (other) => {
        if (other.account !== null && other.account !== options.account()) return;
        this.#tellOnce(`other ${other.kind} ${other.name}`, () => options.alert(alerts.otherContract(other)));
      },
      listEnd: (list) => this.#onListEnd(list),
      orderError: (orderId, code, text) => this.#onOrderError(orderId, code, text),
      requestFailed: (id, code, text) => this.#account.requestFailed(id, code, text),
    };
  }

  attachTo(api: IBApi, queue: SendQueue): void {
    this.#channel = attachOrderChannel(api, queue);
  }

  onNextOrderId(nextOrderId: number): void {
    const { orderIds, alert } = this.#options;
    orderIds.raiseTo(nextOrderId);
    const { whyNone } = orderIds;
    if (whyNone !== null) this.#tellOnce(whyNone, () => alert(alerts.orderIdsUsedUp(whyNone)));
  }

  /** A process that ended may have written what it recorded as submitted: nobody knows. */
  restore(): void {
    for (const order of this.#options.book.open.values()) {
      if (order.status === "submitted") this.#written.add(order.clientOrderId);
    }
    this.#declareUnknown("the bridge ended before the broker answered");
    this.#cancels.restore(this.#options.book.canceling.keys());
  }

  beginSync(connection: Connection, fresh: boolean, onSynced: () => void): void {
    this.#connection = connection;
    this.#cancels.mayBeLost();
    // Missing while nobody could look says nothing, and the first lists of a session are the least likely to be whole.
    this.#missingSinceMs = new Map();
    this.#reader.attach(connection);
    this.#positions.beginList();
    this.#read(["positions", "account-summary"], onSynced);
    const account = this.#options.account();
    if (account !== null) this.#account.begin(connection, account, fresh);
  }

  onSessionLost(reason: string): void {
    this.#channel = null;
    this.#connection = null;
    this.#questions.onSessionLost(reason);
    this.#cancels.sessionLost();
    this.#reader.detach();
    this.#account.onSessionLost();
    this.#declareUnknown(reason);
  }

  onReady(): void {
    this.#askDue();
    if (this.#tellUnexplained()) this.#options.onAccountChanged();
  }

  /** Quotes are for the dry-run engine; the broker has its own. */
  onQuote(): void {}

  onTrade(): void {}

  onTime(): void {
    const { nowMs, book, recorder, isReady, onAccountChanged } = this.#options;
    const now = nowMs();
    this.#questions.onTime();
    this.#written.forgetOver(book.open);
    for (const [id, { sinceMs }] of this.#inactive) {
      if (now - sinceMs < INACTIVE_MS) continue;
      this.#inactive.delete(id);
      const order = book.open.get(id);
      if (order === undefined) continue;
      const said = this.#saidOver.get(id);
      recorder.take([orderFact(order, "rejected", said?.reason ?? "the broker holds it inactive and gave no reason")]);
      // An inactive order can come alive again; one that is over here must be over there.
      if (order.orderId !== null) this.#channel?.cancel(order.orderId);
    }
    for (const [id, said] of this.#saidOver) {
      if (!book.open.has(id)) this.#saidOver.delete(id);
      else if (now - said.sinceMs >= SOON_MS) {
        this.#reader.passIn(0);
        this.#saidOver.set(id, { ...said, sinceMs: now + SETTLE_MS });
      }
    }
    this.#account.onTime(isReady());
    if (isReady() && this.#positions.wantsExecutions(book, now)) this.#reader.passIn(0);
    if (isReady() && this.#written.isOverdue(book.open)) this.#reader.passIn(0);
    if (isReady()) this.#onOverdueCancels();
    const due = isReady() ? this.#reader.due() : null;
    if (due === "pass") this.#read([], () => undefined);
    else if (due === "look") this.#look();
    if (this.#tellUnexplained()) onAccountChanged();
  }

  whatIf(intent: OrderIntent): Promise<WhatIf> {
    return this.#questions.ask(intent, this.#channel);
  }

  cancelAll(reason: string, except: (id: ClientOrderId) => boolean): Outcome {
    const { book, recorder } = this.#options;
    const unsent = [...book.open.values()].filter((order) => this.#isUnsent(order) && !except(order.clientOrderId));
    recorder.take(unsent.map((order) => orderFact(order, "canceled", `canceled before it was sent: ${reason}`)));
    const waited = unsent.length === 0 ? "" : `; ${unsent.length} that waited to be sent will not be`;
    // A channel alone may be one of an attempt that never came to a session: what is written to it arrives nowhere.
    if (this.#channel === null || this.#connection === null) {
      const message = `not connected to the gateway: what is at the broker works on${waited}. Cancel it there.`;
      return { ok: false, message };
    }
    // One that the gateway does not hear, or that the session did not live to write, is asked again order by order, as far
    // as they are ours; of an order that is not written yet it asks nothing.
    const asked = [...this.#considered()].filter((id) => this.#cancels.ask(id));
    this.#channel.cancelAll(() => {
      for (const id of asked) this.#cancels.written(id);
    });
    // Whatever it did not reach shows in the broker's lists.
    this.#reader.passIn(EXECUTIONS_LAG_MS);
    return { ok: true, message: `the global cancel was sent; each order's event tells what became of it${waited}` };
  }

  summary(): AccountSummary | null {
    return this.#account.summary();
  }

  async acceptPosition(symbol: string, reason: string): Promise<Outcome> {
    const { book, recorder, nowMs, alert, onAccountChanged } = this.#options;
    const position = this.#positions.list(book, nowMs())?.find((one) => one.symbol === symbol);
    const difference = differencesOf(book, this.#positions.known ?? []).find((one) => one.symbol === symbol);
    if (position === undefined || difference === undefined) {
      const quantity = position?.quantity ?? 0;
      const message = `nothing to accept: our own executions explain the ${quantity} ${symbol} that the broker holds`;
      return { ok: false, message };
    }
    const unsettled = [...book.open.values()].find(
      (order) => order.symbol === symbol && (order.status === "submitted" || order.status === "unknown"),
    );
    if (position.explained || unsettled !== undefined) {
      const why =
        unsettled === undefined ? "it differs for a moment only" : `${unsettled.clientOrderId} is not settled`;
      return { ok: false, message: `an execution of ${symbol} may be on its way (${why}): ask again in a few seconds` };
    }
    const { account, quantity, averageCost } = position;
    const missing = exactShares(difference.broker - difference.ours);
    await recorder.accept({ account, symbol, difference: missing, quantity, averageCost, reason });
    alert(alerts.positionAccepted(difference, reason));
    onAccountChanged();
    const message = `${quantity} ${symbol} accepted: ${Math.abs(missing)} ${missing > 0 ? "more" : "fewer"} than our executions explain`;
    return { ok: true, message };
  }

  positions(): readonly Position[] | null {
    return this.#positions.list(this.#options.book, this.#options.nowMs());
  }

  #place(
    group: readonly OpenOrder[],
    guard: { readonly mayStillSend: () => boolean; readonly onDropped: () => void },
  ): void {
    const account = this.#options.account();
    const legs = group.flatMap((order) => {
      const { orderId } = order;
      const parent = group.find(({ clientOrderId }) => clientOrderId === order.parentClientOrderId);
      return orderId === null ? [] : [{ ...order, orderId, parentOrderId: parent?.orderId ?? null }];
    });
    if (this.#channel === null || account === null || legs.length !== group.length) {
      guard.onDropped();
      return;
    }
    this.#channel.place(legs, account, {
      ...guard,
      onWritten: () => {
        for (const { clientOrderId } of group) this.#written.add(clientOrderId);
      },
    });
  }

  #cancel(order: OpenOrder): Outcome {
    // It waits for the message pace, and cancels go first: the broker would not know what to cancel, and then take
    // the order. Nothing of its group is written any more (`mayStillSend` of the worker).
    if (this.#isUnsent(order)) {
      this.#options.recorder.take([orderFact(order, "canceled", "canceled before it was sent")]);
      return { ok: true, message: `${order.clientOrderId} was canceled before it was sent` };
    }
    if (this.#connection === null || order.orderId === null) {
      return { ok: false, message: `${order.clientOrderId} cannot be canceled now: not connected to the gateway` };
    }
    const how = this.#askCancel(order) ? "was sent" : "is on its way already";
    return { ok: true, message: `the cancel of ${order.clientOrderId} ${how}; its event tells what became of it` };
  }

  /** @returns false when one of the same order is on its way. */
  #askCancel({ clientOrderId, orderId }: OpenOrder): boolean {
    if (this.#channel === null || orderId === null || !this.#cancels.ask(clientOrderId)) return false;
    this.#channel.cancel(orderId, () => this.#cancels.written(clientOrderId));
    return true;
  }

  /** Of an order that no list holds nothing is asked: the gateway would not find it either. */
  #askDue(): void {
    const { open } = this.#options.book;
    for (const id of this.#cancels.due(open)) {
      const order = open.get(id);
      if (order !== undefined && !this.#missingSinceMs.has(id)) this.#askCancel(order);
    }
  }

  #isUnsent({ status, clientOrderId }: OpenOrder): boolean {
    return status === "submitted" && !this.#written.has(clientOrderId);
  }

  #declareUnknown(reason: string): void {
    const { book, recorder, alert } = this.#options;
    const lost = [...book.open.values()].filter(
      ({ clientOrderId, status }) => status === "submitted" && this.#written.has(clientOrderId),
    );
    this.#written.clear();
    if (lost.length === 0) return;
    recorder.take(lost.map((order) => orderFact(order, "unknown", `sent and not answered: ${reason}`)));
    alert(
      alerts.ordersUnknown(
        lost.map(({ clientOrderId }) => clientOrderId),
        reason,
      ),
    );
  }

  #onOpenOrder(order: BrokerOrder): void {
    const { book, clientId, orderIds } = this.#options;
    if (order.clientId === clientId) orderIds.seen(order.orderId);
    this.#reader.pass?.addOpen(order);
    const own = ownOrderOf(book, order, clientId);
    const closed = own === undefined ? undefined : book.closed.get(own);
    // A late repetition of a status is normal right after the end; a list that still has it later is not.
    if (works(order) && closed !== undefined && closed.status !== "filled" && closed.status !== "canceled") {
      this.#reader.passIn(SOON_MS);
    }
    this.#onOrder(order);
  }

  #onOrder(report: BrokerOrder | BrokerOrderStatus): void {
    const { book, clientId } = this.#options;
    const id = openOrderOf(book, report, clientId);
    if (id === undefined) return;
    if (report.status !== "Inactive") this.#inactive.delete(id);
    const news = orderNews(book, id, report, this.#saidOver.get(id));
    const known = (report.filledQuantity ?? 0) <= (this.#filledUnseen.get(id) ?? 0);
    this.#takeNews(id, known ? { ...news, executionsMissing: false } : news);
    if (news.inactive && !this.#inactive.has(id)) {
      this.#inactive.set(id, { permId: report.permId, sinceMs: this.#options.nowMs() });
    }
  }

  #onOrderError(orderId: number, code: number, text: string): void {
    const { book, clientId, onReadOnly } = this.#options;
    const id = openOrderOf(book, { orderId, permId: null, clientId }, clientId);
    if (code === 103) this.#connection?.askNextOrderId();
    if (this.#questions.failed(orderId, code, text)) return;
    if (id === undefined) return;
    const news = errorNews(book, id, code, text, this.#inactive.get(id));
    this.#takeNews(id, news);
    if (news.readOnly) onReadOnly(text);
  }

  #takeNews(id: ClientOrderId, news: OrderNews): void {
    const { recorder, nowMs } = this.#options;
    recorder.take(news.facts);
    if (news.saidOver !== undefined) this.#saidOver.set(id, { ...news.saidOver, atMs: nowMs(), sinceMs: nowMs() });
    if (news.executionsMissing) this.#reader.passIn(EXECUTIONS_LAG_MS);
    if (news.cancelHeard) this.#cancels.heard(id);
    if (news.cancelUnsettled) this.#cancels.notFound(id);
    if (news.cancelRefused !== undefined) this.#onCancelRefused(id, news.cancelRefused);
    if (news.reconcile !== undefined) this.#reader.passIn(news.reconcile === "now" ? 0 : SOON_MS);
  }

  #onCancelRefused(id: ClientOrderId, reason: string): void {
    this.#cancels.refused(id);
    this.#options.recorder.cancelRefused(id, reason);
    this.#vainCancels.add(id, alerts.cancelRefused(id, reason), this.#options.nowMs());
    // The refusal leads to a pass, and the pass would ask again: over and over, as fast as the broker answers.
    this.#unprotected.delete(id);
  }

  /** Whatever became of an order whose cancel is not answered, the lists know; meanwhile it is asked once more. */
  #onOverdueCancels(): void {
    const { book, nowMs } = this.#options;
    const { again, ignored } = this.#cancels.overdue(book.open);
    for (const id of again) {
      const order = book.open.get(id);
      if (order !== undefined) this.#askCancel(order);
    }
    for (const id of ignored) this.#vainCancels.add(id, alerts.cancelIgnored(id), nowMs());
    if (again.length + ignored.length > 0) this.#reader.passIn(0);
  }

  #onExecution(told: BrokerExecution): void {
    const { book, recorder, clientId, marketNowMs, wallMs, account, alert } = this.#options;
    if (told.account !== account()) return;
    const marketMs = marketNowMs();
    const execution = { ...told, executedAt: believableTime(told.executedAt, marketMs) };
    this.#reader.pass?.addExecution(execution);
    const fill = fillOf(book, execution, clientId, marketMs ?? wallMs());
    if (fill === undefined || fill.kind !== "execution") return;
    recorder.take([{ kind: "fill", fill }]);
    if (execution.executedAt === null) alert(alerts.executionTimeUnreadable(execution));
    const early = this.#earlyCommissions.get(execution.executionId);
    if (early !== undefined) this.#onCommission(execution.executionId, early);
    this.#earlyCommissions.delete(execution.executionId);
    if (fill.clientOrderId === null) {
      alert(alerts.foreignExecution(execution));
      return;
    }
    const progress =
      fillProgress(book, fill.clientOrderId, fill.permId) ?? toldAnew(book, fill.clientOrderId, fill.permId);
    if (progress !== undefined) this.#takeFacts([progress]);
  }

  /** What nobody approved or expects is told before it is recorded: a process that ends in between tells it again. */
  #takeFacts(facts: readonly Fact[]): void {
    const { book, recorder, alert } = this.#options;
    for (const fact of facts) {
      const surprise = surpriseIn(book, fact);
      if (fact.kind === "order" && surprise !== null) alert(alerts.surprise(surprise, fact.event));
      recorder.take([fact]);
    }
  }

  #onCommission(executionId: string, commission: number): void {
    const { book, recorder } = this.#options;
    const execution = book.executions.get(executionId);
    if (execution === undefined) {
      if (this.#earlyCommissions.size >= EARLY_COMMISSIONS_MAX) this.#earlyCommissions.clear();
      this.#earlyCommissions.set(executionId, commission);
      return;
    }
    if (execution.commission === commission) return;
    const { symbol } = execution;
    recorder.take([{ kind: "fill", fill: { kind: "commission", executionId, symbol, commission } }]);
  }

  #onListEnd(list: BrokerList): void {
    // Before the pass hears of it: what it compares includes the list.
    if (list === "positions" && this.#reader.isLast(list)) this.#positions.endList();
    if (list === "account-summary") this.#account.summaryEnded();
    this.#reader.listEnded(list);
    if (list === "positions") this.#options.onAccountChanged();
  }

  /** Reads everything there is to read, and brings what we believe to it. */
  #read(whileSyncing: readonly ("positions" | "account-summary")[], onDone: () => void): void {
    const considered = this.#considered();
    const startedAtMs = this.#options.nowMs();
    this.#reader.read(
      {
        considered,
        onDone: (gathered) => {
          this.#reconcile(considered, gathered);
          this.#doubtSaidOver(gathered.openOrders, startedAtMs);
          const { book, alert, nowMs } = this.#options;
          for (const vain of this.#vainCancels.toTell(book.open, startedAtMs, nowMs())) alert(vain);
          if (this.#options.isReady()) this.#askDue();
          onDone();
        },
      },
      whileSyncing,
    );
  }

  #look(): void {
    const { book, clientId } = this.#options;
    const considered = this.#considered();
    this.#reader.look({
      considered,
      onDone: ({ openOrders }) => {
        const context = { ownClientId: clientId, considered };
        const foreign = foreignOrders(book, openOrders, context);
        this.#takeForeign(foreign);
        // What ended without a word, and what works without one: the other lists say more, and are the judge.
        const isBack = foreign.some((order) => ownOrderOf(book, order, clientId) !== undefined);
        if (isBack || missingFrom(book, openOrders, context).length > 0) this.#reader.passIn(0);
      },
    });
  }

  /**
   * An order that the lists still show at work so long after an error called it over: the lists are the judge. Kept, the
   * error would have them read for ever, and be given as the reason of another end.
   */
  #doubtSaidOver(listed: readonly BrokerOrder[], readSinceMs: number): void {
    const { book, clientId, alert } = this.#options;
    for (const [id, { atMs, reason }] of this.#saidOver) {
      if (readSinceMs - atMs < SETTLE_MS) continue;
      if (!listed.some((order) => works(order) && openOrderOf(book, order, clientId) === id)) continue;
      this.#saidOver.delete(id);
      alert(alerts.orderWorksOn(id, reason));
    }
  }

  /** Orders that were written: what was not cannot be in the broker's lists. */
  #considered(): ReadonlySet<ClientOrderId> {
    const written = [...this.#options.book.open.values()].filter(
      ({ status, clientOrderId }) => status !== "submitted" || this.#written.has(clientOrderId),
    );
    return new Set(written.map(({ clientOrderId }) => clientOrderId));
  }

  #reconcile(considered: ReadonlySet<ClientOrderId>, gathered: Gathered): void {
    const { book, clientId, nowMs, marketNowMs, alert } = this.#options;
    const result = reconcile(
      book,
      { ...gathered, positions: this.#positions.known },
      {
        ownClientId: clientId,
        considered,
        saidOver: this.#saidOver,
        missingSinceMs: this.#missingSinceMs,
        nowMs: nowMs(),
        marketMs: marketNowMs(),
      },
    );
    this.#missingSinceMs = result.missingSinceMs;
    this.#cancelUnprotected(result.facts);
    this.#takeFacts(result.facts);
    if (result.missingSinceMs.size > 0) this.#reader.passIn(SETTLE_MS);
    const notSent = result.facts.flatMap((fact) =>
      fact.kind === "order" && fact.event.status === "not-sent" ? [fact.event.clientOrderId] : [],
    );
    if (notSent.length > 0) alert(alerts.orderNotSent(notSent));
    if (result.untraced.length > 0) alert(alerts.ordersUntraced(result.untraced));
    if (result.vanished.length > 0) alert(alerts.ordersVanished(result.vanished));
    const unseen = result.unexplainedFills.filter(
      ({ clientOrderId, filledQuantity }) => (this.#filledUnseen.get(clientOrderId) ?? 0) < filledQuantity,
    );
    for (const { clientOrderId, filledQuantity } of unseen) this.#filledUnseen.set(clientOrderId, filledQuantity);
    if (unseen.length > 0) alert(alerts.unexplainedFills(unseen.map(({ clientOrderId }) => clientOrderId)));
    for (const id of result.cameBack) {
      const status = book.closed.get(id)?.status ?? "over";
      this.#tellOnce(`back ${id}`, () => alert(alerts.orderCameBack(id, status)));
    }
    this.#takeForeign(result.foreign);
  }

  /**
   * An entry whose protective order was never sent waits at the gateway untransmitted: it never works, and a hand that
   * transmits it there would open a position without its stop. Its cancel stands before the fact is recorded, so that
   * another process asks again; and it is asked in every later pass until it is over, or the broker refused it.
   */
  #cancelUnprotected(facts: readonly Fact[]): void {
    const { book, recorder, onRefused } = this.#options;
    for (const fact of facts) {
      if (fact.kind !== "order" || fact.event.status !== "not-sent") continue;
      const { parentClientOrderId } = fact.event;
      if (parentClientOrderId !== null) this.#unprotected.add(parentClientOrderId);
    }
    for (const id of this.#unprotected) {
      const entry = book.open.get(id);
      if (entry === undefined) this.#unprotected.delete(id);
      else if (entry.filledQuantity === 0) {
        this.#askCancel(entry);
        recorder.cancelsAccepted([id], "its protective order was never sent").catch(onRefused);
      }
    }
  }

  /** Orders of others are told, and counted by risk; nothing is done to them. */
  #takeForeign(listed: readonly BrokerOrder[]): void {
    const { book, recorder, alert } = this.#options;
    const fresh = listed.filter(({ permId }) => permId === null || !book.foreign.has(permId));
    const untold = fresh.filter(({ permId, orderId }) => permId !== null || !this.#told.has(`foreign ${orderId}`));
    for (const { permId, orderId } of untold) if (permId === null) this.#told.add(`foreign ${orderId}`);
    recorder.takeForeign(foreignNews(book.foreign, listed));
    if (untold.length > 0) alert(alerts.foreignOrders(untold));
  }

  /** @returns whether a position turned out to be unexplained, or explained again, since the last call. */
  #tellUnexplained(): boolean {
    const { book, alert, isReady, nowMs } = this.#options;
    if (!isReady()) return false;
    const news = this.#positions.newlyUnexplained(book, nowMs());
    for (const position of news) {
      alert(alerts.unexplainedPosition(position, book.holdings.get(position.symbol)?.quantity ?? 0));
    }
    return this.#positions.takeExplainedAgain() || news.length > 0;
  }

  #tellOnce(what: string, tell: () => void): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    tell();
  }
}

const works = ({ status }: BrokerOrder): boolean => status === "Submitted" || status === "PreSubmitted";
