import type { Alert, Bar } from "#libs/contracts/mod.ts";
import { formatNewYorkTime, tradingDayOf } from "#libs/time/mod.ts";
import type { Traded } from "./aggregate.ts";
import { LINES_MAX } from "./needs.ts";
import type { StreamNews } from "./streams.ts";

/** The alerts of market data; their codes are listed in the README of this service. */

const CHECK_SUBSCRIPTIONS =
  "Check the market-data subscriptions of the account, and whether they are shared with the account that is used (Client Portal, Settings).";

/** What the operator is told of the streams. */
export function alertOf(news: StreamNews): Alert {
  switch (news.type) {
    case "refused":
      return noMarketData(news.symbol, news.kind, news.code, news.text);
    case "competing":
      return {
        severity: "critical",
        code: "COMPETING_SESSION",
        title: "Another session of this login has taken the market data",
        text: `The broker said: ${news.text}. No prices come until it ends, and no entry is approved without them; stops at the broker go on working. Log out wherever else this user name is in use (TWS, a phone, a browser), or use a user name of its own for the platform. It is tried again every minute.`,
        fields: [],
      };
    case "competing-over":
      return {
        severity: "info",
        code: "COMPETING_SESSION_OVER",
        title: "The market data is back",
        text: "The other session has let it go; quotes come again, and bars follow.",
        fields: [],
      };
    case "quiet":
      return {
        severity: "warning",
        code: "MARKET_DATA_QUIET",
        title: `The market data of ${news.symbol} has gone quiet`,
        text: "Nothing comes although the market is open and other symbols move, and asking for it anew did not help. Entries in it are denied while its quote is stale. It is asked for again every three minutes. It may be halted, or hardly traded: MARKET_DATA_QUIET_SECONDS says how long silence is normal.",
        fields: [],
      };
    case "all-quiet":
      return {
        severity: "critical",
        code: "MARKET_DATA_DEAD",
        title: "No market data comes at all",
        text: `Nothing was heard on any stream for ${Math.round(news.forMs / 1000)} s although the market is open, and the gateway said nothing of it. All streams are asked for anew, every three minutes; orders are not touched. If it stays so: \`npx crucible gateway reconnect-data\`, then look at the gateway's window.`,
        fields: [],
      };
    case "heard-again":
      return {
        severity: "info",
        code: "MARKET_DATA_BACK",
        title: "Market data comes again",
        text: "What is missing of the bars is taken from the broker's history.",
        fields: [],
      };
    case "bars-paced":
      return {
        severity: "warning",
        code: "MARKET_DATA_PACED",
        title: "Bars wait for the broker's pace",
        text: `The broker allows 60 new bar streams in ten minutes. ${listed(news.symbols)} wait, for up to ${Math.ceil(news.waitMs / 1000)} s; their quotes come, and their bars are completed from the history. Many reconnects in a short time lead to this.`,
        fields: [],
      };
  }
}

const noMarketData = (symbol: string, kind: "quotes" | "bars", code: number, text: string): Alert => ({
  severity: "warning",
  code: "NO_MARKET_DATA",
  title: `The broker gives no ${kind === "quotes" ? "market data" : "bars"} for ${symbol}`,
  text: `It said ${code}: ${text}. ${kind === "quotes" ? `Strategies see no prices of ${symbol}, and no order for it is approved without one.` : `Strategies get no bars of ${symbol}; its quotes are not concerned.`} It is asked again every five minutes. ${CHECK_SUBSCRIPTIONS}`,
  fields: [],
});

export const tooManySymbols = (symbols: readonly string[]): Alert => ({
  severity: "warning",
  code: "MARKET_DATA_LIMIT",
  title: "More market data is wanted than the broker allows",
  text: `The broker has ${LINES_MAX} lines for an account; quotes and bars of a symbol take one each, positions and working orders are served first. No data, or no bars, for: ${listed(symbols)}. Plan fewer symbols.`,
  fields: [],
});

export const delayed = (symbols: readonly string[]): Alert => ({
  severity: "warning",
  code: "MARKET_DATA_DELAYED",
  title: "The broker gives delayed prices",
  text: `The prices of ${listed(symbols)} are 15 to 20 minutes old. Quotes are marked as delayed, and risk denies entries on them (QUOTE_DELAYED); exits pass. ${CHECK_SUBSCRIPTIONS}`,
  fields: [],
});

export const barsIncomplete = (counts: ReadonlyMap<string, number>): Alert => ({
  severity: "warning",
  code: "BARS_INCOMPLETE",
  title: "Bars were published with a part of them missing",
  text: `The stream had a gap and the broker's history did not fill it in time. These bars are marked \`incomplete\` and are not sent again: ${listed([...counts].map(([symbol, count]) => `${symbol} (${count})`))}.`,
  fields: [],
});

export const barsDiffer = (published: Bar, history: Traded): Alert => ({
  severity: "warning",
  code: "BARS_DIFFER",
  title: `The history of ${published.symbol} differs from a bar that was published`,
  text: `The minute of ${tradingDayOf(published.startsAt)} ${formatNewYorkTime(published.startsAt)}: published ${pricesOf(published)}, the history says ${pricesOf(history)}. The published bar is not sent again.`,
  fields: [],
});

const pricesOf = ({ open, high, low, close }: Traded): string => `${open} ${high} ${low} ${close}`;

const LISTED_MAX = 30;

const listed = (items: readonly string[]): string =>
  items.length <= LISTED_MAX
    ? items.join(", ")
    : `${items.slice(0, LISTED_MAX).join(", ")} and ${items.length - LISTED_MAX} more`;
