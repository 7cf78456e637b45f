import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { FoldOptions, LedgerEvent } from "#libs/bus/mod.ts";
import {
  type Approval,
  acceptedPositionMessage,
  approvedMessage,
  cancelStandingMessage,
  type Envelope,
  encodeToken,
  fillMessage,
  foreignOrderMessage,
  orderEventMessage,
  positionMessage,
} from "#libs/contracts/mod.ts";
import {
  applyAccepted,
  applyApproval,
  applyCancelStanding,
  applyFill,
  applyForeignOrder,
  applyOrderEvent,
  type Book,
  emptyBook,
  executionsToKeep,
  type KnownExecution,
} from "./book.ts";

/** Version of the snapshot's shape. */
const STATE_VERSION = 6;
/**
 * A message on the bus holds 1 MiB: above this, executions of earlier days are left out. A snapshot that is too large
 * all the same is refused by the bus; the older one stands, and the ledger is read from there.
 */
const SNAPSHOT_CHARACTERS_MAX = 900_000;

export const bookFold: Omit<FoldOptions<Book>, "onLive"> = {
  service: "gateway-bridge",
  stateVersion: STATE_VERSION,
  initial: emptyBook,
  apply: applyEvent,
  save: saveBook,
  load: (json) => loadBook(json as string),
};

function applyEvent(book: Book, event: LedgerEvent): Book {
  const approved = approvalIn(event);
  if (approved !== undefined) applyApproval(book, approved.data, approved.id);
  const order = event.as(orderEventMessage);
  if (order !== undefined) applyOrderEvent(book, order.data, order.marketTime);
  const standing = event.as(cancelStandingMessage);
  if (standing !== undefined) applyCancelStanding(book, standing.data);
  const fill = event.as(fillMessage);
  if (fill !== undefined) applyFill(book, fill.data);
  const accepted = event.as(acceptedPositionMessage);
  if (accepted !== undefined) applyAccepted(book, accepted.data, accepted.id);
  const foreign = event.as(foreignOrderMessage);
  if (foreign !== undefined) applyForeignOrder(book, foreign.data);
  const position = event.as(positionMessage);
  if (position !== undefined) {
    const { symbol, quantity, averageCost, explained, difference } = position.data;
    book.published.set(symbol, { quantity, averageCost, explained, difference });
  }
  return book;
}

/**
 * The approval in an event, when it is one to act on: written by risk, and on the subject of the very order it
 * approves. Replies of the server could be steered onto an approval's subject (nats.md 5); they are neither.
 */
export function approvalIn(event: LedgerEvent): Envelope<Approval> | undefined {
  const approved = event.as(approvedMessage);
  if (approved === undefined || approved.source !== "risk") return undefined;
  return event.subject.endsWith(`.${encodeToken(approved.data.intent.clientOrderId)}`) ? approved : undefined;
}

export function saveBook(book: Book): string {
  const whole = pack(book, [...book.executions]);
  return whole.length <= SNAPSHOT_CHARACTERS_MAX ? whole : pack(book, executionsToKeep(book));
}

function pack(book: Book, executions: readonly [string, KnownExecution][]): string {
  const json = JSON.stringify({
    pending: [...book.pending],
    open: [...book.open],
    closed: [...book.closed],
    awaited: [...book.awaited],
    canceling: [...book.canceling],
    executions,
    holdings: [...book.holdings],
    accepted: [...book.accepted],
    foreign: [...book.foreign],
    published: [...book.published],
    cash: book.cash,
    highestOrderId: book.highestOrderId,
    day: book.day,
  });
  return deflateRawSync(json, { level: 1 }).toString("base64");
}

export function loadBook(text: string): Book {
  const saved = JSON.parse(inflateRawSync(Buffer.from(text, "base64")).toString("utf8"));
  return {
    pending: new Map(saved.pending),
    open: new Map(saved.open),
    closed: new Map(saved.closed),
    awaited: new Map(saved.awaited),
    canceling: new Map(saved.canceling),
    executions: new Map(saved.executions),
    holdings: new Map(saved.holdings),
    accepted: new Set(saved.accepted),
    foreign: new Map(saved.foreign),
    published: new Map(saved.published),
    cash: saved.cash,
    highestOrderId: saved.highestOrderId,
    day: saved.day,
  };
}
