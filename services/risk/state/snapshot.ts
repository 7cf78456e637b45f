import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import {
  accountSummarySchema,
  closeOutSchema,
  gatewayStatusSchema,
  riskStateSchema,
  sideSchema,
} from "#libs/contracts/mod.ts";
import type {
  Book,
  DayFlow,
  Decided,
  KnownExecution,
  OpenOrder,
  RecentCancel,
  RecentOrder,
  SymbolBook,
} from "./book.ts";
import { type CountedExecution, recount, type Start } from "./symbol-day.ts";
import { workingBySymbol } from "./working.ts";

/** Version of what {@link saveBook} writes; a snapshot of another version is ignored and the ledger read anew. */
export const BOOK_VERSION = 11;

/** Plain text up to here; a longer one is deflated, so that a busy week fits into one message of the bus. */
const PLAIN_CHARACTERS_MAX = 20_000;
/**
 * Decisions a snapshot keeps, the newest. An older id that is asked again is still refused by the ledger, which takes
 * one approval per id for ever.
 */
const SAVED_DECISIONS_MAX = 3000;

/** The book as text. What can be counted again from the executions is not kept. */
export function saveBook(book: Book): string {
  const text = JSON.stringify({
    trading: book.trading,
    closeOut: book.closeOut,
    recorded: book.recorded,
    gateway: book.gateway,
    account: book.account,
    session: book.session,
    symbols: [...book.symbols].map(([symbol, { days, reported, behind, passed, doubt, explained }]) => ({
      symbol,
      reported,
      behind,
      passed,
      doubt,
      explained,
      days: days.map(({ tradingDay, start, executions }) => ({
        tradingDay,
        start,
        executions: executions.map((one) => [
          one.executionId,
          one.side,
          one.quantity,
          one.price,
          one.executedAt,
          one.orderKey,
          one.commission,
        ]),
      })),
    })),
    orders: [...book.orders.values()],
    decisions: savedDecisions(book),
    executions: [...book.executions].map(([id, { symbol, tradingDay, current }]) =>
      current === id ? [id, symbol, tradingDay] : [id, symbol, tradingDay, current],
    ),
    earlyCommissions: [...book.earlyCommissions],
    recentOrders: book.recentOrders,
    recentCancels: book.recentCancels,
    flow: [...book.flow],
    lossStreak: book.lossStreak,
    addedSinceAccount: book.addedSinceAccount,
    acceptedPositions: [...book.acceptedPositions],
  });
  return text.length <= PLAIN_CHARACTERS_MAX ? text : deflateRawSync(text, { level: 1 }).toString("base64");
}

/** The newest, and those of open orders however old. */
function savedDecisions({ decisions, orders }: Book): readonly Decided[] {
  const all = [...decisions.values()];
  const older = all.slice(0, -SAVED_DECISIONS_MAX).filter(({ clientOrderId }) => orders.has(clientOrderId));
  return [...older, ...all.slice(-SAVED_DECISIONS_MAX)];
}

/** Reads what {@link saveBook} wrote; throws for anything else. */
export function loadBook(saved: unknown): Book {
  const text = z.string().parse(saved);
  const json: unknown = JSON.parse(
    text.startsWith("{") ? text : inflateRawSync(Buffer.from(text, "base64")).toString("utf8"),
  );
  const {
    symbols,
    orders,
    decisions,
    executions,
    earlyCommissions,
    acceptedPositions,
    recentOrders,
    recentCancels,
    flow,
    ...rest
  } = bookSchema.parse(json);
  return {
    ...rest,
    symbols: new Map(symbols.map((one) => [one.symbol, symbolBookOf(one)])),
    // These are this service's own words, checked when they entered the ledger.
    orders: new Map((orders as OpenOrder[]).map((order) => [order.clientOrderId, order])),
    working: workingBySymbol(orders as OpenOrder[]),
    decisions: new Map((decisions as Decided[]).map((decided) => [decided.clientOrderId, decided])),
    executions: new Map(
      executions.map(([id, symbol, tradingDay, current]): [string, KnownExecution] => [
        id,
        { symbol, tradingDay, current: current ?? id },
      ]),
    ),
    earlyCommissions: new Map(earlyCommissions),
    recentOrders: recentOrders as RecentOrder[],
    recentCancels: recentCancels as RecentCancel[],
    flow: new Map(flow as [string, DayFlow][]),
    acceptedPositions: new Set(acceptedPositions),
  };
}

const startSchema = z.object({ quantity: z.number(), basis: z.number(), adopted: z.number() });
const executionSchema = z.tuple([z.string(), sideSchema, z.number(), z.number(), z.number(), z.string(), z.number()]);
const symbolBookSchema = z.object({
  symbol: z.string(),
  reported: z.number().nullable(),
  behind: z.boolean(),
  passed: z.array(z.object({ quantity: z.number(), until: z.number(), isSaid: z.boolean() })),
  doubt: z.object({ word: z.number(), at: z.number() }).nullable(),
  explained: z.boolean(),
  days: z.array(z.object({ tradingDay: z.string(), start: startSchema, executions: z.array(executionSchema) })),
});
const bookSchema = z.object({
  closeOut: closeOutSchema.nullable(),
  trading: riskStateSchema.pick({ tradingState: true, setBy: true, reason: true, since: true }),
  recorded: z
    .object({
      tradingDay: z.string().nullable(),
      dayTradeRegime: riskStateSchema.shape.dayTradeRegime,
      openingPrices: z.record(z.string(), z.number()),
      peakDayProfit: z.number(),
      overridden: z.array(z.string()),
    })
    .nullable(),
  gateway: gatewayStatusSchema.nullable(),
  account: z.object({ summary: accountSummarySchema, publishedAt: z.number() }).nullable(),
  session: z
    .object({
      tradingDay: z.string(),
      window: z.array(z.string()),
      keptFrom: z.string(),
      equityAtStart: z.number(),
      tags: accountSummarySchema.shape.dayTradesRemaining,
      unseenDayTrades: z.number(),
    })
    .nullable(),
  symbols: z.array(symbolBookSchema),
  orders: z.array(z.unknown()),
  decisions: z.array(z.unknown()),
  executions: z.array(
    z.union([z.tuple([z.string(), z.string(), z.string(), z.string()]), z.tuple([z.string(), z.string(), z.string()])]),
  ),
  earlyCommissions: z.array(z.tuple([z.string(), z.number()])),
  recentOrders: z.array(z.unknown()),
  recentCancels: z.array(z.unknown()),
  flow: z.array(z.unknown()),
  lossStreak: z.number(),
  addedSinceAccount: z.number(),
  acceptedPositions: z.array(z.string()),
});

function symbolBookOf({ days, symbol: _symbol, ...entry }: z.infer<typeof symbolBookSchema>): SymbolBook {
  return {
    ...entry,
    days: days.map(({ tradingDay, start, executions }) =>
      recount(tradingDay, start satisfies Start, executions.map(executionOf)),
    ),
  };
}

const executionOf = (saved: z.infer<typeof executionSchema>): CountedExecution => {
  const [executionId, side, quantity, price, executedAt, orderKey, commission] = saved;
  return { executionId, side, quantity, price, executedAt, orderKey, commission };
};
