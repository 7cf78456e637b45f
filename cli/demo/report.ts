import pc from "picocolors";
import type { PlayedDay } from "./play-day.ts";

const usd = (value: number) => `${value < 0 ? "-" : ""}$${Math.abs(value).toFixed(2)}`;
const list = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ") || "none";

/** The summary as lines. */
export function reportLines(day: PlayedDay): string[] {
  const placeOrders = day.framesAtGateway.PLACE_ORDER ?? 0;
  const frames = Object.values(day.framesAtGateway).reduce((total, count) => total + count, 0);
  return [
    pc.bold("The day, read back from the ledger"),
    ...row("orders", list(day.ordersByOutcome)),
    ...row("denied because", list(day.denialsByCode)),
    ...row("executions", `${day.executions}, ${day.roundTrips} round trips, ${day.sharesStillHeld} shares still held`),
    ...row("day trades used", `${day.dayTradesUsed} (${day.dayTradeRegime})`),
    ...row(
      "profit and loss",
      `${usd(day.netProfit)} net: ${usd(day.grossProfit)} gross, ${usd(day.commissions)} commissions${day.sharesStillHeld > 0 ? " (not counting what is still held)" : ""}`,
    ),
    ...row("trading state", day.tradingState),
    ...row("alerts", list(day.alerts)),
    ...row("gateway restart", outageText(day)),
    ...row("process lived on", keptText(day.sameProcessAllDay)),
    ...row("failed strategies", day.failedStrategies.join(", ") || "none"),
    ...row(
      "at the gateway",
      `${placeOrders} place-order messages among ${frames} that reached its socket: ${list(day.framesAtGateway)}`,
    ),
    ...row("story", day.story),
  ];
}

const NAME_COLUMNS = 20;
const ROW_COLUMNS = 118;

/** A named row; a list that is too long for one line goes on below, under its beginning. */
function row(name: string, text: string): string[] {
  const lines = [""];
  for (const part of text.split(/(?<=, )/)) {
    const last = lines.at(-1) ?? "";
    if (last === "" || last.length + part.trimEnd().length <= ROW_COLUMNS - NAME_COLUMNS) {
      lines[lines.length - 1] = last + part;
    } else lines.push(part);
  }
  return lines.map((line, at) => `  ${(at === 0 ? name : "").padEnd(NAME_COLUMNS - 2)} ${line.trimEnd()}`);
}

const keptText = (kept: Readonly<Record<string, boolean>>) =>
  Object.entries(kept)
    .map(([name, same]) => (same ? name : `${name} (NEW PROCESS)`))
    .join(", ");

function outageText(day: PlayedDay): string {
  if (day.plannedOutages.length === 0) return "none seen";
  return day.plannedOutages
    .map(
      ({ machineSeconds, marketSeconds }) =>
        `outage of ${marketSeconds.toFixed(0)} s on the market clock, ${machineSeconds.toFixed(1)} s on this machine`,
    )
    .join("; ");
}

/** What the day should have shown and did not. A seeded day has more to show than a real one. */
export function shortcomingsOf(day: PlayedDay, seeded: boolean): string[] {
  const missing: string[] = [];
  if ((day.framesAtGateway.PLACE_ORDER ?? 0) > 0)
    missing.push("dry-run sends nothing, but place-order messages reached the gateway");
  if (!day.framesAtGateway.START_API)
    missing.push("the frame log shows no session at the gateway, so it proves nothing");
  if (day.plannedOutages.length === 0) missing.push("the 16:30 restart of the gateway");
  for (const [name, same] of Object.entries(day.sameProcessAllDay)) {
    if (!same) missing.push(`${name} should have lived through the day in one process`);
  }
  if (!day.alerts.delivered) missing.push("alerts delivered to Discord");
  if (!seeded) return missing;
  if (day.roundTrips === 0) missing.push("an entry that was filled, with its exit");
  if (Object.keys(day.denialsByCode).length < 4) missing.push("orders denied for at least four different reasons");
  if (day.failedStrategies.length === 0) missing.push("a strategy that throws and is isolated");
  return missing;
}
