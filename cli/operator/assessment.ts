import pc from "picocolors";
import type { Assessment, OrderIntent } from "#libs/contracts/mod.ts";

const MARKS = { passes: pc.green("passes"), denies: pc.red("DENIES"), exempt: pc.yellow("exempt") } as const;

/** What risk says of an order that is not placed: the checks that deny first, then all others in their order. */
export function assessmentLines(intent: OrderIntent, { outcome, isExit, checks }: Assessment): string[] {
  const { side, quantity, symbol, order } = intent;
  const ranked = [...checks].sort((a, b) => Number(b.verdict === "denies") - Number(a.verdict === "denies"));
  const codeWidth = Math.max(...checks.map(({ code }) => code.length));
  const roomOf = (check: (typeof checks)[number]) => (check.room === null ? "" : roomText(check.room));
  const roomWidth = Math.max("room".length, ...checks.map((check) => roomOf(check).length));
  return [
    `${side} ${quantity} ${symbol} ${order.type}, ${isExit ? "an exit" : "an entry"}: ${outcome === "approved" ? pc.green("would be approved") : pc.red("would be denied")}. Nothing was placed.`,
    "The broker was not asked: near the limit of buying power it is asked about a real order, and its word decides.",
    "",
    `${"check".padEnd(codeWidth)}  ${"says".padEnd(6)}  ${"room".padEnd(roomWidth)}  compared`,
    ...ranked.map((check) =>
      `${check.code.padEnd(codeWidth)}  ${MARKS[check.verdict]}  ${roomOf(check).padEnd(roomWidth)}  ${check.detail}`.trimEnd(),
    ),
  ];
}

const SINGULARS: Readonly<Record<string, string>> = {
  shares: "share",
  orders: "order",
  "day-trades": "day trade",
  cancels: "cancel",
  reversals: "reversal",
  losses: "loss",
};

/** `4990 shares left`, `1 order beyond`: some limits are passed from above, some from below. */
export function roomText({ left, unit }: { readonly left: number; readonly unit: string }): string {
  const words = Math.abs(left) === 1 ? (SINGULARS[unit] ?? unit) : unit.replace("-", " ");
  return `${amount(Math.abs(left))} ${words} ${left < 0 ? "beyond" : "left"}`;
}

const amount = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 1 ? 4 : 2);
