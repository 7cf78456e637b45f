import { type BookRow, bookAround } from "../market/book.ts";
import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/tape.ts";
import { marketDepthExchanges, smartComponents } from "../protocol/contract-messages.ts";
import type { RequestOf } from "../protocol/requests.ts";
import { depthOperations, marketDepth, marketDepthL2, type WireDepthChange } from "../protocol/tick-messages.ts";
import type { GatewayContext } from "./context.ts";
import { findInstrument } from "./find-instrument.ts";
import { hasLiveData } from "./market-data-access.ts";
import { duplicateTickerId, refuse } from "./refuse.ts";
import type { DepthSubscription, Session } from "./session.ts";

/** Books of different contracts an account may have open at once (tws.md 6.3). */
const depthsMax = 3;

const rowsMax = 10;
const rowsWhenNotGiven = 5;

/** Exchanges that show a book here, by security type. */
const bookExchanges: Readonly<Partial<Record<Instrument["secType"], readonly string[]>>> = {
  STK: ["ARCA", "ISLAND", "NASDAQ", "NYSE", "BATS", "IEX"],
  FUT: ["CME"],
  CASH: ["IDEALPRO"],
};

/** What TICK_REQ_PARAMS calls the group of exchanges of US stocks, and who is in it. */
export const usStockBboExchange = "9c0001";
const smartExchanges = [
  { exchange: "AMEX", letter: "A" },
  { exchange: "NYSE", letter: "N" },
  { exchange: "ARCA", letter: "P" },
  { exchange: "NASDAQ", letter: "Q" },
  { exchange: "BATS", letter: "Z" },
  { exchange: "IEX", letter: "V" },
];

export function requestMarketDepth(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_MKT_DEPTH">,
): void {
  const { reqId, numRows, contract } = request;
  const instrument = findInstrument(context, session, reqId, contract);
  if (instrument === undefined) return;
  if (session.depths.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  const exchange = contract.exchange || instrument.primaryExchange;
  const isSmartDepth = request.isSmartDepth && exchange === "SMART" && instrument.secType === "STK";
  if (
    !hasLiveData(context, instrument) ||
    !(isSmartDepth || bookExchanges[instrument.secType]?.includes(exchange) === true)
  ) {
    const text = "Deep market data is not supported for this combination of security type/exchange";
    refuse(session, reqId, { code: 10092, text });
    return;
  }
  const open = new Set([...session.depths.values()].map((depth) => depth.instrument.key)).add(instrument.key);
  if (open.size > depthsMax) {
    refuse(session, reqId, { code: 309, text: "Max number (3) of market depth requests has been reached" });
    return;
  }
  if (isSmartDepth) {
    const names = smartExchanges.map((component) => component.exchange).join("; ");
    refuse(session, reqId, { code: 2152, text: `Exchanges - Depth: ${names}; ` });
  }
  const rows = numRows <= 0 ? rowsWhenNotGiven : Math.min(numRows, rowsMax);
  const subscription = { reqId, instrument, exchange, rows, isSmartDepth, sent: { bids: [], asks: [] } };
  session.depths.set(reqId, subscription);
  const quote = context.market.quote(instrument.key, context.clock.nowS());
  if (quote !== undefined) sendDepth(session, subscription, quote);
}

export function cancelMarketDepth(session: Session, reqId: number): void {
  if (session.depths.delete(reqId)) return;
  refuse(session, reqId, { code: 310, text: `Can't find the subscribed market depth with tickerId:${reqId}` });
}

/** Sends the rows of a book that are not as the client knows them. */
export function sendDepth(session: Session, subscription: DepthSubscription, quote: Quote): void {
  const { instrument, rows, sent } = subscription;
  const book = bookAround(quote, instrument.minTick, rows);
  const changes = [...changesOf("bid", sent.bids, book.bids), ...changesOf("ask", sent.asks, book.asks)];
  for (const change of changes) sendChange(session, subscription, change);
  subscription.sent = book;
}

function sendChange(session: Session, subscription: DepthSubscription, change: WireDepthChange): void {
  const { reqId, instrument, exchange, isSmartDepth } = subscription;
  if (instrument.secType !== "STK") {
    session.send(marketDepth(reqId, change));
    return;
  }
  const component = smartExchanges[change.row % smartExchanges.length];
  const marketMaker = isSmartDepth && component !== undefined ? component.exchange : exchange;
  session.send(marketDepthL2(reqId, change, marketMaker, isSmartDepth));
}

function changesOf(side: "bid" | "ask", before: readonly BookRow[], after: readonly BookRow[]): WireDepthChange[] {
  const changes: WireDepthChange[] = [];
  for (const [row, { price, size }] of after.entries()) {
    const known = before[row];
    if (known?.price === price && known.size === size) continue;
    const operation = known === undefined ? depthOperations.insert : depthOperations.update;
    changes.push({ row, operation, side, price, size });
  }
  // The deepest row goes first: each removal moves what is below it up.
  for (let row = before.length - 1; row >= after.length; row -= 1) {
    changes.push({ row, operation: depthOperations.remove, side, price: 0, size: 0 });
  }
  return changes;
}

export function sendMarketDepthExchanges(session: Session): void {
  const venues = Object.entries(bookExchanges).flatMap(([secType, exchanges]) =>
    exchanges.map((exchange) => ({ exchange, secType, isDeep2: secType === "STK" })),
  );
  session.send(marketDepthExchanges(venues));
}

/** The code of an error that has none of its own: what an unset integer is on the wire, as the real gateway sends. */
const noCode = 2147483647;

export function requestSmartComponents(
  session: Session,
  { reqId, bboExchange }: RequestOf<"REQ_SMART_COMPONENTS">,
): void {
  if (bboExchange === usStockBboExchange) {
    session.send(smartComponents(reqId, smartExchanges));
    return;
  }
  const text = `Unable to retrieve smart components for BBO exchange ${bboExchange} and security type null`;
  refuse(session, reqId, { code: noCode, text });
}
