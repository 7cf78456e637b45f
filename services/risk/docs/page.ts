import { SETTINGS } from "#libs/config/mod.ts";
import { CHECKS } from "../checks/table.ts";
import { LEDGER_REFUSED } from "../decision-desk.ts";

/** The page that lists every deny code of the risk service, made from its checks. */
export function riskChecksPage(): string {
  return `${[
    "# Risk checks",
    "",
    "Generated from `services/risk/checks` by `services/risk/docs/generate.ts`. Do not edit.",
    "",
    "An order is denied with every code that applies, each with `key=value` details of what was compared. An _exit_ is an",
    "order that can only bring a position closer to flat: it passes every check that is marked so (law 7). A gameplan may",
    "tighten the limits that stand in its schema, and loosen none: what it would loosen stays as configured, with an alert.",
    "",
    ...table(
      ["code", "denies when", "setting", "default", "exits pass"],
      CHECKS.map(({ code, meaning, settings, exitsExempt }) => [
        `\`${code}\``,
        meaning,
        settings.map((key) => `\`${key}\``).join(", "),
        settings.map(defaultOf).join(", "),
        exitsExempt ? "yes" : "no",
      ]),
    ),
    "",
    `One code is no check: \`${LEDGER_REFUSED}\`, when the ledger refused for certain to take an approval (it is full, for`,
    "example). When it only did not answer in time, the reply is the error `DECISION_UNKNOWN` instead, and the order stays",
    "reserved until the ledger tells.",
  ].join("\n")}\n`;
}

function defaultOf(key: string): string {
  const found = Object.entries(SETTINGS).find(([name]) => name === key)?.[1];
  if (found === undefined) throw new RangeError(`A check names the setting ${key}, which libs/config does not have.`);
  return found.default === "" ? "empty" : found.default;
}

/** A table with its columns aligned, as the formatter writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [first = [], ...others] = cells;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)];
}
