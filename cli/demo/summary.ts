import { createHash } from "node:crypto";
import type { z } from "zod";
import {
  approvedMessage,
  deliveryMessage,
  deniedMessage,
  type Envelope,
  type Execution,
  fillMessage,
  gatewayStatusMessage,
  limitUseMessage,
  type MessageType,
  type OrderEvent,
  orderEventMessage,
  riskStateMessage,
  type StrategyState,
} from "#libs/contracts/mod.ts";

/** One stored message, typed by {@link read}. */
export interface StoredFact {
  readonly message: MessageType;
  readonly envelope: Envelope<unknown>;
}

/** What the day came to, read back from the ledger. */
export interface DaySummary {
  readonly ordersByOutcome: Readonly<Record<string, number>>;
  readonly denialsByCode: Readonly<Record<string, number>>;
  readonly executions: number;
  readonly roundTrips: number;
  readonly sharesStillHeld: number;
  /** USD: sales less purchases of all executions, before commissions; the whole truth when nothing is held. */
  readonly grossProfit: number;
  readonly commissions: number;
  readonly netProfit: number;
  readonly dayTradesUsed: number;
  readonly dayTradeRegime: string;
  readonly tradingState: string;
  readonly alerts: Readonly<Record<string, number>>;
  readonly plannedOutages: readonly { readonly machineSeconds: number; readonly marketSeconds: number }[];
  readonly failedStrategies: readonly string[];
  /** Same for two runs that tell the same story: who asked for what, what was decided, what became of it. */
  readonly story: string;
}

const read = <Data extends z.ZodType, P extends readonly string[]>(
  facts: readonly StoredFact[],
  type: MessageType<Data, P>,
): Envelope<z.infer<Data>>[] =>
  facts.filter((fact) => (fact.message as unknown) === type).map((fact) => fact.envelope as Envelope<z.infer<Data>>);

/** Folds what the ledger, the alert stream and the strategies' snapshots hold into the day's summary. */
export function summarize(
  ledger: readonly StoredFact[],
  alerts: readonly StoredFact[],
  strategies: readonly StrategyState[],
): DaySummary {
  const approvals = read(ledger, approvedMessage);
  const denials = read(ledger, deniedMessage);
  const lastEvent = new Map<string, OrderEvent>();
  for (const { data } of read(ledger, orderEventMessage)) lastEvent.set(data.clientOrderId, data);
  const { executions, commissions } = executionsOf(ledger);
  const held = new Map<string, number>();
  for (const fill of executions) held.set(fill.symbol, (held.get(fill.symbol) ?? 0) + signed(fill));
  const grossProfit = sum(executions.map((fill) => -signed(fill) * fill.price));
  const risk = read(ledger, riskStateMessage).at(-1)?.data;
  const outages = new Map(
    read(ledger, gatewayStatusMessage)
      .flatMap(({ data }) => (data.lastOutage?.planned ? [data.lastOutage] : []))
      .map((outage) => [`${outage.machineSeconds}/${outage.marketSeconds}`, outage]),
  );
  return {
    ordersByOutcome: count([
      ...[...lastEvent.values()].map((event) => event.status),
      ...approvals
        .filter(({ data }) => !lastEvent.has(data.intent.clientOrderId))
        .map(() => "approved, not yet submitted"),
      ...denials.map(() => "denied"),
    ]),
    denialsByCode: count(denials.flatMap(({ data }) => data.reasons.map((reason) => reason.code))),
    executions: executions.length,
    roundTrips: roundTripsOf(executions),
    sharesStillHeld: sum([...held.values()].map(Math.abs)),
    grossProfit,
    commissions,
    netProfit: grossProfit - commissions,
    dayTradesUsed: read(ledger, limitUseMessage).findLast(({ data }) => data.name === "day-trades")?.data.used ?? 0,
    dayTradeRegime: risk?.dayTradeRegime ?? "unknown",
    tradingState: risk?.tradingState ?? "unknown",
    alerts: count(read(alerts, deliveryMessage).map(({ data }) => data.outcome)),
    plannedOutages: [...outages.values()].map(({ machineSeconds, marketSeconds }) => ({
      machineSeconds,
      marketSeconds,
    })),
    failedStrategies: strategies.filter(({ status }) => status === "failed").map(({ strategy }) => strategy),
    story: storyOf(approvals, denials, lastEvent),
  };
}

/** Each execution once by its id; a correction replaces what it corrects. */
function executionsOf(ledger: readonly StoredFact[]): { executions: Execution[]; commissions: number } {
  const executions = new Map<string, Execution>();
  const commissions = new Map<string, number>();
  for (const { data } of read(ledger, fillMessage)) {
    if (data.kind === "commission") {
      commissions.set(data.executionId, data.commission);
      continue;
    }
    if (data.corrects !== null) executions.delete(data.corrects);
    executions.set(data.executionId, data);
  }
  return { executions: [...executions.values()], commissions: sum([...commissions.values()]) };
}

/** How often a symbol's position came back to flat. */
function roundTripsOf(executions: readonly Execution[]): number {
  const held = new Map<string, number>();
  let trips = 0;
  for (const fill of executions) {
    const after = (held.get(fill.symbol) ?? 0) + signed(fill);
    held.set(fill.symbol, after);
    if (after === 0) trips += 1;
  }
  return trips;
}

function storyOf(
  approvals: readonly Envelope<z.infer<typeof approvedMessage.data>>[],
  denials: readonly Envelope<z.infer<typeof deniedMessage.data>>[],
  lastEvent: ReadonlyMap<string, OrderEvent>,
): string {
  const lines = [
    ...approvals.map(({ data: { intent } }) => {
      const ids = [
        intent.clientOrderId,
        ...(intent.bracket ? Object.values(intent.bracket).map((leg) => leg.clientOrderId) : []),
      ];
      const outcomes = ids.map((id) => lastEvent.get(id)?.status ?? "none").join(",");
      return `${intent.clientOrderId} ${intent.side} ${intent.quantity} ${intent.symbol} approved ${outcomes}`;
    }),
    ...denials.map(({ data: { intent, reasons } }) => {
      const codes = reasons.map((reason) => reason.code).join(",");
      return `${intent.clientOrderId} ${intent.side} ${intent.quantity} ${intent.symbol} denied ${codes}`;
    }),
  ];
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex").slice(0, 12);
}

const signed = (fill: Execution): number => (fill.side === "buy" ? fill.quantity : -fill.quantity);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
