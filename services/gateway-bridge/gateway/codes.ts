import {
  CODE_TABLE,
  type CodeRow,
  type HistoryAction,
  type OrderAction,
  OTHERWISE,
  type SessionAction,
} from "./codes-table.ts";

const ROW_OF: ReadonlyMap<number, CodeRow> = new Map(
  CODE_TABLE.flatMap((row) => row.codes.map((code) => [code, row] as const)),
);

/** What a code of the connection as a whole asks of the session. */
export const actionForSession = (code: number): SessionAction => ROW_OF.get(code)?.session ?? OTHERWISE.session;

/** @param text tells apart the uses of one code, such as 162 for a pace that was broken and for data there is none of. */
export function actionForHistory(code: number, text: string): HistoryAction {
  const row = ROW_OF.get(code);
  return useIn(row, text)?.history ?? row?.history ?? OTHERWISE.history;
}

/** @param text tells apart the two uses of 321: a field that failed validation, and an API in read-only mode. */
export function meaningForOrder(code: number, text: string): OrderAction {
  const row = ROW_OF.get(code);
  const known = useIn(row, text)?.order ?? row?.order;
  if (known !== undefined) return known;
  // 2100 to 2999 are warnings by the broker's own numbering.
  if (code >= 2100 && code < 3000) return "warning";
  return text.includes("Warning:") ? "warning" : OTHERWISE.order;
}

const useIn = (row: CodeRow | undefined, words: string) => row?.byText?.find(({ text }) => text.test(words));

const streamCodes = (action: CodeRow["stream"]): ReadonlySet<number> =>
  new Set(CODE_TABLE.flatMap((row) => (row.stream === action ? row.codes : [])));

/** Codes on which a market-data request is dead: nothing will come, and asking again at once does not help. */
export const DEAD_STREAM_CODES: ReadonlySet<number> = streamCodes("refused");

/** Codes after which a bars or data request must be made again (tws.md 6.1). */
export const REPEAT_STREAM_CODES: ReadonlySet<number> = streamCodes("repeat");
