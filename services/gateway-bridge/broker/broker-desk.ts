import type { IBApi } from "@stoqey/ib";
import type { AccountSummary, Alert, ClientOrderId, Outcome, Position } from "#libs/contracts/mod.ts";
import { summaryOf } from "../account/tags.ts";
import type { Desk, DeskListener } from "../desk/desk.ts";
import type { RequestIds } from "../desk/request-ids.ts";
import type { Connection } from "../gateway/connection.ts";
import { attachOrderChannel, type OrderChannel } from "../gateway/order-channel.ts";
import type { BrokerExecution, BrokerList, BrokerOrder, BrokerOrderStatus } from "../gateway/reports.ts";
import type { SendQueue } from "../gateway/send-queue.ts";
import type { Book, OpenOrder } from "../orders/book.ts";
import { fillProgress, orderFact } from "../orders/facts.ts";
import type { OrderIds } from "../orders/order-ids.ts";
import type { Recorder } from "../orders/recorder.ts";
import type { Venue } from "../orders/venue.ts";
import * as alerts from "./alerts.ts";
import { fillOf } from "./executions.ts";
import { openOrderOf, ourRef } from "./matching.ts";
import { errorNews, type OrderNews, orderNews } from "./order-news.ts";
import { Pass } from "./pass.ts";
import { PositionBook } from "./positions.ts";
import { type BrokerPicture, reconcile, SETTLE_MS } from "./reconcile.ts";

export interface BrokerDeskOptions {
  readonly book: Book;
  readonly recorder: Recorder;
  readonly orderIds: OrderIds;
  readonly requestIds: RequestIds;
  readonly clientId: number;
  readonly nowMs: () => number;
  readonly marketNowMs: () => number | null;
  readonly account: () => string | null;
  /** Null when the session accepts orders; else why not. */
  readonly whyNot: () => string | null;
  readonly isReady: () => boolean;
  readonly alert: (alert: Alert) => void;
  readonly onReadOnly: (text: string) => void;
  readonly onAccountChanged: () => void;
}

/** How long an order may be held inactive before that counts as a refusal; its reason comes in a message of its own. */
const INACTIVE_MS = 500;
/** How long executions may lag behind a status that counts them. */
const EXECUTIONS_LAG_MS = 2000;
const SOON_MS = 300;
/** Written orders that are remembered before those that are over are forgotten. */
const WRITTEN_MAX = 1000;
const PASS_DEADLINE_MS = 30_000;
/** Commission reports that wait for their execution; they come within milliseconds of each other. */
const EARLY_COMMISSIONS_MAX = 1000;

/** Paper and live: orders go to the broker, and its lists are the truth. */
export class BrokerDesk implements Desk {
  readonly venue: Venue;
  readonly listener: DeskListener;
  readonly #options: BrokerDeskOptions;
  readonly #positions = new PositionBook();
  readonly #tags = new Map<string, string>();
  readonly #written = new Set<ClientOrderId>();
  readonly #inactiveSinceMs = new Map<ClientOrderId, number>();
  readonly #earlyCommissions = new Map<string, number>();
  readonly #told = new Set<string>();
  #missingSinceMs: ReadonlyMap<ClientOrderId, number> = new Map();
  #channel: OrderChannel | null = null;
  #connection: Connection | null = null;
  #summaryRequest: number | null = null;
  #pass: Pass | null = null;
  /** Lists asked for and not ended: an end belongs to the newest request only when no older one is outstanding. */
  readonly #asked = new Map<BrokerList, number>();
  #nextPassAtMs: number | null = null;

  constructor(options: BrokerDeskOptions) {
    this.#options = options;
    this.venue = {
      whyNot: () => (this.#channel === null ? "not connected" : options.whyNot()),
      nextOrderId: () => options.orderIds.next(),
      place: (group, guard) => this.#place(group, guard),
      cancel: (order) => this.#cancel(order),
    };
    this.listener = {
      openOrder: (order) => this.#onOpenOrder(order),
      completedOrder: (order) => this.#pass?.addCompleted(order),
      orderStatus: (status) => this.#onOrder(status),
      execution: (execution) => this.#onExecution(execution),
      commission: (executionId, commission) => this.#onCommission(executionId, commission),
      position: (position) => {
        if (position.account !== options.account()) return;
        this.#positions.take(position);
        options.onAccountChanged();
      },
      accountValue: (account, tag, value) => {
        if (account !== options.account()) return;
        this.#tags.set(tag, value);
        if (this.#pass === null) options.onAccountChanged();
      },
      listEnd: (list) => this.#onListEnd(list),
      orderError: (orderId, code, text) => this.#onOrderError(orderId, code, text),
    };
  }

  attachTo(api: IBApi, queue: SendQueue): void {
    this.#channel = attachOrderChannel(api, queue);
  }

  onNextOrderId(nextOrderId: number): void {
    this.#options.orderIds.raiseTo(nextOrderId);
  }

  /** A process that ended may have written what it recorded as submitted: nobody knows. */
  restore(): void {
    for (const order of this.#options.book.open.values()) {
      if (order.status === "submitted") this.#written.add(order.clientOrderId);
    }
    this.#declareUnknown("the bridge ended before the broker answered");
  }

  beginSync(connection: Connection, fresh: boolean, onSynced: () => void): void {
    this.#connection = connection;
    if (!fresh && this.#summaryRequest !== null) connection.cancelAccountSummary(this.#summaryRequest);
    this.#summaryRequest = this.#options.requestIds.next();
    this.#positions.clear();
    this.#beginPass(["positions", "account-summary"], onSynced);
  }

  onSessionLost(reason: string): void {
    this.#channel = null;
    this.#connection = null;
    this.#pass = null;
    this.#asked.clear();
    this.#nextPassAtMs = null;
    this.#declareUnknown(reason);
  }

  onReady(): void {
    this.#tellUnexplained();
  }

  /** Quotes are for the dry-run engine; the broker has its own. */
  onQuote(): void {}

  onTime(): void {
    const { nowMs, book, recorder, isReady, onAccountChanged } = this.#options;
    const now = nowMs();
    if (this.#written.size > WRITTEN_MAX) {
      for (const id of this.#written) if (!book.open.has(id)) this.#written.delete(id);
    }
    for (const [id, since] of this.#inactiveSinceMs) {
      if (now - since < INACTIVE_MS) continue;
      this.#inactiveSinceMs.delete(id);
      const order = book.open.get(id);
      if (order === undefined) continue;
      recorder.take([orderFact(order, "rejected", "the broker holds it inactive and gave no reason")]);
      // An inactive order can come alive again; one that is over here must be over there.
      if (order.orderId !== null) this.#channel?.cancel(order.orderId);
    }
    if (this.#pass !== null && now - this.#pass.startedAtMs > PASS_DEADLINE_MS && isReady()) {
      this.#pass = null;
      this.#asked.clear();
      this.#passIn(SETTLE_MS);
    }
    if (this.#nextPassAtMs !== null && now >= this.#nextPassAtMs && this.#pass === null && isReady()) {
      this.#beginPass([], () => undefined);
    }
    if (this.#tellUnexplained()) onAccountChanged();
  }

  summary(): AccountSummary | null {
    const account = this.#options.account();
    return account === null ? null : summaryOf(account, this.#tags);
  }

  positions(): readonly Position[] {
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
    if (order.status === "submitted" && !this.#written.has(order.clientOrderId)) {
      this.#options.recorder.take([orderFact(order, "canceled", "canceled before it was sent")]);
      return { ok: true, message: `${order.clientOrderId} was canceled before it was sent` };
    }
    if (this.#channel === null || order.orderId === null) {
      return { ok: false, message: `${order.clientOrderId} cannot be canceled now: not connected to the gateway` };
    }
    this.#channel.cancel(order.orderId);
    return { ok: true, message: `the cancel of ${order.clientOrderId} was sent; its event tells what became of it` };
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
    const { book, clientId, orderIds, alert } = this.#options;
    if (order.clientId === clientId) orderIds.raiseTo(order.orderId + 1);
    this.#pass?.addOpen(order);
    const ended = ourRef(book, order.orderRef);
    const closed = ended === undefined ? undefined : book.closed.get(ended);
    const works = order.status === "Submitted" || order.status === "PreSubmitted";
    // A late repetition of a status is normal right after the end; a list that still has it later is not.
    if (
      ended !== undefined &&
      closed !== undefined &&
      works &&
      closed.status !== "filled" &&
      closed.status !== "canceled"
    ) {
      this.#tellOnce(`back ${ended}`, () => alert(alerts.orderCameBack(ended, closed.status)));
    }
    this.#onOrder(order);
  }

  #onOrder(report: BrokerOrder | BrokerOrderStatus): void {
    const { book, clientId } = this.#options;
    const id = openOrderOf(book, report, clientId);
    if (id === undefined) return;
    if (report.status !== "Inactive") this.#inactiveSinceMs.delete(id);
    this.#takeNews(id, orderNews(book, id, report));
  }

  #onOrderError(orderId: number, code: number, text: string): void {
    const { book, clientId, onReadOnly } = this.#options;
    const id = openOrderOf(book, { orderId, permId: null, clientId }, clientId);
    if (code === 103) this.#connection?.askNextOrderId();
    if (id === undefined) return;
    const news = errorNews(book, id, code, text);
    this.#takeNews(id, news);
    if (news.readOnly) onReadOnly(text);
  }

  #takeNews(id: ClientOrderId, news: OrderNews): void {
    const { recorder, nowMs } = this.#options;
    recorder.take(news.facts);
    if (news.inactive && !this.#inactiveSinceMs.has(id)) this.#inactiveSinceMs.set(id, nowMs());
    if (news.executionsMissing) this.#passIn(EXECUTIONS_LAG_MS);
    if (news.reconcile) this.#passIn(SOON_MS);
  }

  #onExecution(execution: BrokerExecution): void {
    const { book, recorder, clientId, marketNowMs, account, alert } = this.#options;
    if (execution.account !== account()) return;
    const fill = fillOf(book, execution, clientId, marketNowMs() ?? 0);
    if (fill === undefined || fill.kind !== "execution") return;
    recorder.take([{ kind: "fill", fill }]);
    const early = this.#earlyCommissions.get(execution.executionId);
    if (early !== undefined) this.#onCommission(execution.executionId, early);
    this.#earlyCommissions.delete(execution.executionId);
    if (fill.clientOrderId === null) {
      alert(alerts.foreignExecution(execution));
      return;
    }
    const progress = fillProgress(book, fill.clientOrderId);
    if (progress !== undefined) recorder.take([progress]);
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
    const pass = this.#pass;
    const left = (this.#asked.get(list) ?? 1) - 1;
    this.#asked.set(list, Math.max(0, left));
    if (list === "account-summary" || list === "positions") this.#options.onAccountChanged();
    if (left <= 0 && pass?.end(list) && this.#pass === pass) this.#pass = null;
  }

  #passIn(ms: number): void {
    const at = this.#options.nowMs() + ms;
    this.#nextPassAtMs = this.#nextPassAtMs === null ? at : Math.min(this.#nextPassAtMs, at);
  }

  /** Asks for the broker's lists; executions last, so that they include what the others show as done (tws.md 7.4). */
  #beginPass(more: readonly ("positions" | "account-summary")[], onDone: () => void): void {
    const { book, requestIds, nowMs } = this.#options;
    const connection = this.#connection;
    if (connection === null) return;
    this.#nextPassAtMs = null;
    const considered = new Set(
      [...book.open.values()]
        .filter(({ status, clientOrderId }) => status !== "submitted" || this.#written.has(clientOrderId))
        .map(({ clientOrderId }) => clientOrderId),
    );
    const lists = ["open-orders", "completed-orders", ...more, "executions"] as const;
    for (const list of lists) this.#asked.set(list, (this.#asked.get(list) ?? 0) + 1);
    const pass: Pass = new Pass({
      lists,
      considered,
      startedAtMs: nowMs(),
      onDone: (picture) => {
        this.#reconcile(pass, picture);
        onDone();
      },
    });
    this.#pass = pass;
    connection.askOpenOrders();
    connection.askCompletedOrders();
    if (more.includes("positions")) connection.askPositions();
    if (more.includes("account-summary") && this.#summaryRequest !== null) {
      connection.askAccountSummary(this.#summaryRequest);
    }
    connection.askExecutions(requestIds.next());
  }

  #reconcile(pass: Pass, picture: BrokerPicture): void {
    const { book, recorder, clientId, nowMs, alert } = this.#options;
    const result = reconcile(book, picture, {
      ownClientId: clientId,
      considered: pass.considered,
      missingSinceMs: this.#missingSinceMs,
      nowMs: nowMs(),
    });
    this.#missingSinceMs = result.missingSinceMs;
    recorder.take(result.facts);
    if (result.missingSinceMs.size > 0) this.#passIn(SETTLE_MS);
    const notSent = result.facts.flatMap((fact) =>
      fact.kind === "order" && fact.event.status === "not-sent" ? [fact.event.clientOrderId] : [],
    );
    if (notSent.length > 0) alert(alerts.orderNotSent(notSent));
    if (result.unexplainedFills.length > 0) alert(alerts.unexplainedFills(result.unexplainedFills));
    const foreign = result.foreign.filter(({ permId, orderId }) => !this.#told.has(`foreign ${permId ?? orderId}`));
    for (const { permId, orderId } of foreign) this.#told.add(`foreign ${permId ?? orderId}`);
    if (foreign.length > 0) alert(alerts.foreignOrders(foreign));
  }

  /** @returns whether a position turned out to be unexplained since the last call. */
  #tellUnexplained(): boolean {
    const { book, alert, isReady, nowMs } = this.#options;
    if (!isReady()) return false;
    const news = this.#positions.newlyUnexplained(book, nowMs());
    for (const position of news) {
      alert(alerts.unexplainedPosition(position, book.holdings.get(position.symbol)?.quantity ?? 0));
    }
    return news.length > 0;
  }

  #tellOnce(what: string, tell: () => void): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    tell();
  }
}
