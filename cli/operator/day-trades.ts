import type { DayTradeReport } from "#libs/contracts/mod.ts";
import { formatNewYorkTime } from "#libs/time/mod.ts";

/** The day-trade report as it is printed. */
export function dayTradeLines(report: DayTradeReport): string[] {
  const { regime, reason, limited, priorDayEquity, uncountedFromEquity, used, allowed, reserved, unseen } = report;
  return [
    `Rule in force: ${regime} (${reason})`,
    limited
      ? `Day trades are limited: the prior day's equity is ${usd(priorDayEquity)}, below ${usd(uncountedFromEquity)}.`
      : `Day trades are not limited now${priorDayEquity === null ? "" : ` (prior day's equity ${usd(priorDayEquity)})`}.`,
    `${limited ? "Used" : "Made"} in five business days: ${used}${limited ? ` of ${allowed}` : ""}${unseen > 0 ? `, of which ${unseen} only the broker has counted` : ""}.`,
    ...(reserved === 0
      ? []
      : [
          `Reserved by entries of today: ${reserved}. A new one passes while used and reserved, its own counted in, are at most ${allowed}.`,
        ]),
    ...sessionLines(report),
    ...report.days.flatMap(dayLines),
  ];
}

function sessionLines({ sessions, limited }: DayTradeReport): string[] {
  if (sessions.length === 0) return ["No account summary has come yet, so no session is known."];
  const left = (remaining: number) => (limited ? String(remaining).padStart(4) : "unlimited");
  return [
    "",
    `session     ${limited ? "left" : "left     "}  the broker says`,
    ...sessions.map(({ tradingDay, remaining, broker }) => `${tradingDay}  ${left(remaining)}  ${brokerSays(broker)}`),
  ];
}

const brokerSays = (tag: number | null): string => (tag === null ? "nothing" : tag < 0 ? "unlimited" : String(tag));

function dayLines(day: DayTradeReport["days"][number]): string[] {
  const { tradingDay, symbol, byOpening, byDirection, heldOvernight, executions } = day;
  const overnight = heldOvernight === 0 ? "" : `, ${heldOvernight} held overnight`;
  return [
    "",
    `${tradingDay}  ${symbol}: ${byOpening} by openings closed, ${byDirection} by changes of direction${overnight}`,
    ...executions.map(
      ({ executedAt, side, quantity, price, order }) =>
        `  ${formatNewYorkTime(executedAt)}  ${side.padEnd(4)} ${quantity} at ${price.toFixed(2)}  (${order})`,
    ),
  ];
}

const usd = (amount: number | null): string => (amount === null ? "not known" : `${amount.toFixed(2)} USD`);
