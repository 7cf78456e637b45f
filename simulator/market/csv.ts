import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { marketDay, sessionSeconds } from "./new-york.ts";
import { emptyTape, type Tape, tapeSeconds, type WritableTape } from "./tape.ts";

/** Thrown when a folder of minute bars cannot be used. Names file, line and column. */
export class BarFileError extends Error {
  readonly code = "SIM_BAR_FILE";

  constructor(where: string, what: string, options?: ErrorOptions) {
    super(`${where}: ${what}`, options);
    this.name = "BarFileError";
  }
}

const columns = ["time", "open", "high", "low", "close", "volume", "bid_close", "bid_size", "ask_close", "ask_size"];

const price = z.coerce.number().positive();
const optional = (schema: z.ZodType<number>) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

const rowSchema = z.object({
  time: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, "must look like 2013-10-07T09:30 (New York)"),
  open: price,
  high: price,
  low: price,
  close: price,
  volume: z.coerce.number().nonnegative(),
  bid_close: optional(price),
  bid_size: optional(z.coerce.number().nonnegative()),
  ask_close: optional(price),
  ask_size: optional(z.coerce.number().nonnegative()),
});

type Row = z.infer<typeof rowSchema>;

/** The symbols with at least one file SYMBOL-YYYY-MM-DD.csv in a folder. @throws BarFileError if it is unreadable. */
export function symbolsInFolder(folder: string): string[] {
  return [...new Set(barFiles(folder).map((file) => file.symbol))].sort();
}

/**
 * Checks that a folder can serve a date: at least one file for it, and every one of them readable.
 *
 * @throws BarFileError with the dates there are, or with file, line and column of what is wrong.
 */
export function checkFolder(folder: string, date: string): void {
  const files = barFiles(folder);
  const ofDate = files.filter((file) => file.date === date);
  if (ofDate.length === 0) {
    const dates = [...new Set(files.map((file) => file.date))].sort();
    const known = dates.length === 0 ? "it has none at all" : `it has ${dates.join(", ")}`;
    throw new BarFileError(folder, `there is no file SYMBOL-${date}.csv; ${known}`);
  }
  for (const { symbol } of ofDate) readTape(folder, symbol, date);
}

/** The dates a symbol has a file for, ascending. @throws BarFileError if the folder is unreadable. */
export function datesInFolder(folder: string, symbol: string): string[] {
  return barFiles(folder)
    .filter((file) => file.symbol === symbol)
    .map((file) => file.date)
    .sort();
}

/**
 * Reads one day of minute bars into a tape.
 *
 * @returns undefined when the folder has no file for that symbol and date.
 * @throws BarFileError naming file, line and column when the file is not what it should be.
 */
export function readTape(folder: string, symbol: string, date: string): Tape | undefined {
  const dates = datesInFolder(folder, symbol);
  if (!dates.includes(date)) return undefined;
  const before = dates.filter((other) => other < date).at(-1);
  const tape = tapeFromRows(symbol, date, readRows(folder, symbol, date));
  const previousClose = before === undefined ? undefined : readRows(folder, symbol, before).at(-1)?.close;
  return { ...tape, previousClose };
}

function barFiles(folder: string): { symbol: string; date: string }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw new BarFileError(folder, "the folder of minute bars cannot be read; give an existing folder", { cause });
  }
  return names.flatMap((name) => {
    const match = /^(.+)-(\d{4}-\d{2}-\d{2})\.csv$/.exec(name);
    return match?.[1] === undefined || match[2] === undefined ? [] : [{ symbol: match[1], date: match[2] }];
  });
}

function readRows(folder: string, symbol: string, date: string): Row[] {
  const path = join(folder, `${symbol}-${date}.csv`);
  const lines = readFileSync(path, "utf8").split(/\r?\n/);
  const header = lines[0] ?? "";
  if (header !== columns.join(",")) {
    throw new BarFileError(`${path} line 1`, `the header must be "${columns.join(",")}", it is "${header}"`);
  }
  return lines.flatMap((line, index) =>
    index === 0 || line === "" ? [] : [readRow(line, `${path} line ${index + 1}`)],
  );
}

function readRow(line: string, where: string): Row {
  const cells = line.split(",");
  const result = rowSchema.safeParse(Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ""])));
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new BarFileError(where, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  const row = result.data;
  if (row.low > Math.min(row.open, row.close) || row.high < Math.max(row.open, row.close)) {
    throw new BarFileError(where, "low and high must enclose open and close");
  }
  return row;
}

/** Exported for its test: the rows' path, such that the bars rebuilt from it equal the rows exactly. */
export function tapeFromRows(symbol: string, date: string, rows: readonly Row[]): WritableTape {
  const day = marketDay(date);
  const tape = emptyTape(symbol, day.date, day.midnightEpochS);
  let filledUntil = 0;
  for (const row of rows) {
    const minuteStart = secondOfDay(row.time) - sessionSeconds.extendedOpen;
    if (minuteStart < filledUntil || minuteStart + 60 > tapeSeconds) continue;
    carryForward(tape, filledUntil, minuteStart);
    tradeMinute(tape, minuteStart, row);
    quoteMinute(tape, minuteStart, row);
    filledUntil = minuteStart + 60;
  }
  carryForward(tape, filledUntil, tapeSeconds);
  return tape;
}

function secondOfDay(time: string): number {
  return Number(time.slice(11, 13)) * 3600 + Number(time.slice(14, 16)) * 60;
}

/** A minute without a row has no trade: the last price and quote stand. */
function carryForward(tape: WritableTape, from: number, to: number): void {
  if (from === 0) return;
  for (const series of [tape.last, tape.bid, tape.ask, tape.bidSize, tape.askSize]) {
    series.fill(series[from - 1] ?? Number.NaN, from, to);
  }
}

/**
 * Open first, close last, between them low before high in a rising minute and high before low in a falling one:
 *
 *     second   0 ........ 20 ........ 40 ........ 59
 *     rising  open        low        high        close
 */
function tradeMinute(tape: WritableTape, minuteStart: number, row: Row): void {
  const rising = row.close >= row.open;
  const anchors: readonly (readonly [second: number, price: number])[] = [
    [0, row.open],
    [20, rising ? row.low : row.high],
    [40, rising ? row.high : row.low],
    [59, row.close],
  ];
  for (let leg = 0; leg + 1 < anchors.length; leg += 1) {
    const [fromSecond, fromPrice] = anchors[leg] ?? [0, row.open];
    const [toSecond, toPrice] = anchors[leg + 1] ?? [59, row.close];
    for (let second = fromSecond; second <= toSecond; second += 1) {
      const share = (second - fromSecond) / (toSecond - fromSecond);
      const between = Math.round((fromPrice + (toPrice - fromPrice) * share) * 100) / 100;
      // The anchors are taken as they are: a price in half cents survives.
      const exact = second === fromSecond ? fromPrice : second === toSecond ? toPrice : between;
      tape.last[minuteStart + second] = Math.min(row.high, Math.max(row.low, exact));
    }
  }
  spreadVolume(
    tape,
    minuteStart,
    row.volume,
    anchors.map(([second]) => second),
  );
}

/** Whole shares over the sixty seconds, the anchors first: a price that made the bar must have traded. */
function spreadVolume(tape: WritableTape, minuteStart: number, volume: number, anchors: readonly number[]): void {
  const base = Math.floor(volume / 60);
  const others = Array.from({ length: 60 }, (_, index) => (index * 7) % 60).filter(
    (second) => !anchors.includes(second),
  );
  let rest = volume - base * 60;
  for (const second of [...anchors, ...others]) {
    const extra = Math.min(1, rest);
    rest -= extra;
    tape.volume[minuteStart + second] = base + extra;
    tape.trades[minuteStart + second] = anchors.includes(second) || base + extra > 0 ? 1 : 0;
  }
}

/**
 * Each row has the quote of its minute's last second. Inside the minute the quote goes with the trades: same spread,
 * and as far below the price as at the minute's end.
 */
function quoteMinute(tape: WritableTape, minuteStart: number, row: Row): void {
  const previousSpread = spreadBefore(tape, minuteStart);
  const bidClose = row.bid_close ?? (row.ask_close === undefined ? row.close : row.ask_close - previousSpread);
  const askClose = row.ask_close ?? bidClose + previousSpread;
  const spread = Math.max(0.01, askClose - bidClose);
  const below = Math.min(spread, Math.max(0, row.close - bidClose));
  for (let second = 0; second < 60; second += 1) {
    const index = minuteStart + second;
    const bid = Math.max(0.01, cents((tape.last[index] ?? row.close) - below));
    tape.bid[index] = second === 59 ? cents(bidClose) : bid;
    tape.ask[index] = second === 59 ? cents(askClose) : cents(bid + spread);
    tape.bidSize[index] = row.bid_size ?? 100;
    tape.askSize[index] = row.ask_size ?? 100;
  }
}

function spreadBefore(tape: WritableTape, index: number): number {
  const spread = (tape.ask[index - 1] ?? Number.NaN) - (tape.bid[index - 1] ?? Number.NaN);
  return spread > 0 ? spread : 0.01;
}

/** Quotes to a hundredth of a cent: enough for every real one, and free of binary noise. */
function cents(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
