import { z } from "zod";
import { type Bus, type LedgerEvent, LedgerFold, readBatch, SIGNATURE_HEADER } from "#libs/bus/mod.ts";
import {
  deniedMessage,
  type Envelope,
  fillMessage,
  type MessageType,
  matches,
  orderEventMessage,
} from "#libs/contracts/mod.ts";
import { ownerOf } from "#libs/strategy-kit/mod.ts";
import { applyFact, type Book, bookSchema, EMPTY_BOOK, type LedgerFact } from "../core/book.ts";

/** A fact, the strategy (by its short name) it belongs to, and the message that carried it. */
export interface OwnedFact {
  readonly owner: string;
  readonly fact: LedgerFact;
  readonly sequence: number;
  readonly envelope: Envelope<unknown>;
}

/** What the ledger says of every strategy, by short name; `news` is false when the newest fact changed nothing. */
export interface Books {
  readonly books: Readonly<Record<string, Book>>;
  readonly news: boolean;
}

const booksSchema = z.record(z.string(), bookSchema);
const STATE_VERSION = 1;

/** Folds the ledger into the strategies' books and hands on each later fact with the book it makes. */
export function openBooks(bus: Bus, onFact: (fact: OwnedFact, books: Books) => void): Promise<LedgerFold<Books>> {
  return LedgerFold.open<Books>(bus, {
    service: "strategy",
    stateVersion: STATE_VERSION,
    initial: () => ({ books: {}, news: false }),
    apply: (state, event) => {
      const owned = ownedFact(event);
      if (owned === undefined) return state;
      const book = state.books[owned.owner] ?? EMPTY_BOOK;
      const next = applyFact(book, owned.fact);
      if (next === book) return { books: state.books, news: false };
      return { books: { ...state.books, [owned.owner]: next }, news: true };
    },
    save: (state) => state.books,
    load: (json) => ({ books: booksSchema.parse(json), news: false }),
    onLive: (event, state) => {
      const owned = ownedFact(event);
      if (owned !== undefined) onFact(owned, state);
    },
  });
}

/** The facts after one sequence and up to another, for strategies whose snapshot is older than the books. */
export async function readFacts(bus: Bus, afterSequence: number, upToSequence: number): Promise<OwnedFact[]> {
  const facts: OwnedFact[] = [];
  for (let next = afterSequence + 1; next <= upToSequence; ) {
    const batch = await readBatch(bus, "LEDGER", next);
    const last = batch.at(-1);
    if (last === undefined) break;
    next = last.seq + 1;
    for (const stored of batch) {
      const message = FACT_MESSAGES.find(({ wildcard }) => matches(wildcard, stored.subject));
      if (message === undefined || stored.seq > upToSequence) continue;
      const signature = stored.header.get(SIGNATURE_HEADER);
      const decoded = bus.decodeSigned(message, stored.subject, stored.data, signature);
      // The fold has read it before and made a dead letter of what it could not take.
      if (!decoded.ok) continue;
      const { envelope } = decoded;
      const fact = ownedFact({
        sequence: stored.seq,
        subject: stored.subject,
        envelope,
        as: (wanted) => ((message as unknown) === wanted ? (envelope as never) : undefined),
      });
      if (fact !== undefined) facts.push(fact);
    }
  }
  return facts;
}

const FACT_MESSAGES: readonly MessageType[] = [orderEventMessage, fillMessage, deniedMessage];

function ownedFact(event: LedgerEvent): OwnedFact | undefined {
  const orderEvent = event.as(orderEventMessage);
  if (orderEvent) return owned(event, orderEvent.data.clientOrderId, { type: "order-event", event: orderEvent.data });
  const fill = event.as(fillMessage);
  if (fill) {
    if (fill.data.kind !== "execution" || fill.data.clientOrderId === null) return undefined;
    return owned(event, fill.data.clientOrderId, { type: "fill", fill: fill.data });
  }
  const denial = event.as(deniedMessage);
  if (denial) return owned(event, denial.data.intent.clientOrderId, { type: "denied", denial: denial.data });
  return undefined;
}

function owned(event: LedgerEvent, clientOrderId: string, fact: LedgerFact): OwnedFact | undefined {
  const owner = ownerOf(clientOrderId);
  return owner === undefined ? undefined : { owner, fact, sequence: event.sequence, envelope: event.envelope };
}
