import type { Instrument } from "./instrument.ts";
import { compactDateText, marketDay, marketDayAt, parseEndDateTime, tradingDayFrom } from "./new-york.ts";
import { hash } from "./random.ts";

/** A made-up news agency: a few headlines a day about every stock, the same in every run. */

export const newsProvider = { code: "SIMN", name: "Simulated News" } as const;

export interface Headline {
  readonly epochS: number;
  /** "SIMN$" and a number that leads back to the headline. */
  readonly articleId: string;
  readonly headline: string;
  readonly text: string;
}

const subjects = [
  "trades near its monthly average as the market waits for data",
  "in focus after a change of an analyst's estimate",
  "says its annual meeting will be held as planned",
  "among the most active names of the morning",
  "little changed; volume in line with the week",
];

/** Times of the headlines of a day, New York: before the open, in the morning, after the close. */
const secondsOfDay = [8.5 * 3600, 10.25 * 3600, 16.1 * 3600];

/** @param date ISO; a day without a session has no news. */
export function headlinesOn(instrument: Instrument, date: string): Headline[] {
  const { isTradingDay, midnightEpochS } = marketDay(date);
  if (!isTradingDay || instrument.secType !== "STK") return [];
  return secondsOfDay.map((second, index) => {
    const id = `${compactDateText(date)}${index}${instrument.conId}`;
    const epochS = midnightEpochS + Math.round(second) + (hash(id) % 900);
    const subject = subjects[hash(`${id}|subject`) % subjects.length] ?? "";
    const headline = `${instrument.symbol}: ${instrument.longName} ${subject}`;
    const text = `${headline}.\nThis article was made up by the simulated gateway; nothing in it has happened.`;
    return { epochS, articleId: `${newsProvider.code}$${id}`, headline, text };
  });
}

/** The headlines between two instants, the newest first. */
export function headlinesBetween(
  instrument: Instrument,
  fromEpochS: number,
  toEpochS: number,
  count: number,
): Headline[] {
  const found: Headline[] = [];
  let { date } = marketDayAt(toEpochS);
  for (;;) {
    const ofDay = headlinesOn(instrument, date).filter(({ epochS }) => epochS >= fromEpochS && epochS <= toEpochS);
    found.push(...ofDay.reverse());
    const before = tradingDayFrom(date, -1);
    if (found.length >= count || before.midnightEpochS + 86_400 * 2 < fromEpochS) return found.slice(0, count);
    date = before.date;
  }
}

/** The headline an article id leads back to. */
export function headlineOf(articleId: string, instrumentOf: (conId: number) => Instrument | undefined) {
  const match = /^SIMN\$(\d{4})(\d{2})(\d{2})(\d)(\d+)$/.exec(articleId);
  const instrument = match === null ? undefined : instrumentOf(Number(match[5]));
  if (match === null || instrument === undefined) return undefined;
  const [, year, month, dayOfMonth] = match;
  if (parseEndDateTime(`${year}${month}${dayOfMonth} 00:00:00`) === undefined) return undefined;
  const date = `${year}-${month}-${dayOfMonth}`;
  return headlinesOn(instrument, date).find((headline) => headline.articleId === articleId);
}
