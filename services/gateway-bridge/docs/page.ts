import {
  CODE_TABLE,
  type CodeRow,
  HISTORY_ACTIONS,
  ORDER_ACTIONS,
  OTHERWISE,
  SESSION_ACTIONS,
  STREAM_ACTIONS,
} from "../gateway/codes-table.ts";

/** The page that lists what the bridge does about each code of the gateway, made from the table that it acts on. */
export function gatewayCodesPage(): string {
  return `${[
    "# Gateway codes",
    "",
    "Generated from `services/gateway-bridge/gateway/codes-table.ts` by `services/gateway-bridge/docs/generate.ts`. Do not",
    "edit.",
    "",
    "What the bridge does about each code, by what the code is about: the connection as a whole, a market data stream, a",
    "question to the broker's history, or an order. An empty cell means that the code is not known to be said of such a",
    "thing; if it is all the same, what stands under _any other code_ is done. Of orders, 2100 to 2999 and texts with",
    "`Warning:` are warnings.",
    "",
    ...table(
      ["code", "it says", "connection", "stream", "history", "order"],
      [
        ...CODE_TABLE.flatMap((row) => [cellsOf(row, row.codes.join(", ")), ...usesOf(row)]),
        ["any other code", "", OTHERWISE.session, OTHERWISE.stream, OTHERWISE.history, OTHERWISE.order],
      ],
    ),
    ...legend("Connection", SESSION_ACTIONS),
    ...legend("Stream", STREAM_ACTIONS),
    ...legend("History", HISTORY_ACTIONS),
    ...legend("Order", ORDER_ACTIONS),
  ].join("\n")}\n`;
}

type Cells = Pick<CodeRow, "says" | "session" | "stream" | "history" | "order">;

const cellsOf = ({ says, session, stream, history, order }: Cells, codes: string): string[] => [
  codes,
  says,
  session ?? "",
  stream ?? "",
  history ?? "",
  order ?? "",
];

const usesOf = ({ codes, byText }: CodeRow): string[][] =>
  (byText ?? []).map((use) => cellsOf(use, `${codes.join(", ")} with "${use.text.source}"`));

const legend = (title: string, actions: Readonly<Record<string, string>>): string[] => [
  "",
  `## ${title}`,
  "",
  ...table(["action", "what the bridge does"], Object.entries(actions)),
];

/** A table with its columns aligned, as the formatter writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [first = [], ...others] = cells;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)];
}
