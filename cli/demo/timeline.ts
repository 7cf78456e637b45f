import type { z } from "zod";
import {
  alertMessage,
  approvedMessage,
  deniedMessage,
  type Envelope,
  fillMessage,
  gatewayStatusMessage,
  limitUseMessage,
  type MessageType,
  orderEventMessage,
  riskStateMessage,
  signalMessage,
} from "#libs/contracts/mod.ts";
import { formatNewYorkTime } from "#libs/time/mod.ts";

export type Tone = "plain" | "good" | "bad" | "warn" | "dim" | "strong";

/** One line of the day: when, what kind, and what happened, in words. */
export interface TimelineEntry {
  readonly time: string;
  readonly kind: string;
  readonly text: string;
  readonly tone: Tone;
}

const quantityOf = (value: number) => String(Math.round(value * 1e6) / 1e6);
const usd = (value: number) => value.toFixed(2);

/** A limit is worth a line from this part of it on. */
const LIMIT_SHOWN_FROM = 0.5;

/** How many further reasons of a denial are named. */
const REASONS_NAMED = 2;

/** The first reason with its figures, others by their codes: the ledger has all of it. */
function denialWords([first, ...others]: readonly { readonly code: string; readonly detail: string }[]): string {
  if (first === undefined) return "";
  const named = others.slice(0, REASONS_NAMED).map(({ code }) => code);
  const more = others.length - named.length;
  const also = named.length === 0 ? "" : `; also ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return `${first.code}: ${first.detail}${also}`;
}

/** What each message looks like on the timeline; null where it is not worth a line. */
export function timelineEntry(message: MessageType, envelope: Envelope<unknown>): TimelineEntry | null {
  const told = tell(message, envelope);
  if (told === null) return null;
  const time = envelope.marketTime === null ? "--:--:--" : formatNewYorkTime(envelope.marketTime);
  return { time, ...told };
}

function tell(message: MessageType, envelope: Envelope<unknown>): Omit<TimelineEntry, "time"> | null {
  const read = <Data extends z.ZodType, P extends readonly string[]>(
    type: MessageType<Data, P>,
  ): z.infer<Data> | undefined => ((message as unknown) === type ? (envelope.data as z.infer<Data>) : undefined);

  const status = read(gatewayStatusMessage);
  if (status) {
    const tone = status.state === "ready" ? "good" : status.state === "planned-restart" ? "warn" : "dim";
    return { kind: "session", text: `${status.state}${status.reason ? `: ${status.reason}` : ""}`, tone };
  }
  const signal = read(signalMessage);
  if (signal) {
    return {
      kind: "signal",
      text: `${signal.strategy} ${signal.symbol} ${signal.signal}: ${signal.reason}`,
      tone: "strong",
    };
  }
  const approval = read(approvedMessage);
  if (approval) {
    const { intent } = approval;
    const bracket = intent.bracket
      ? `, stop ${usd(intent.bracket.stopLoss.stopPrice)}, target ${usd(intent.bracket.takeProfit.limitPrice)}`
      : "";
    return {
      kind: "approved",
      text: `${intent.side} ${intent.quantity} ${intent.symbol} ${intent.order.type}${bracket} (${intent.clientOrderId})`,
      tone: "good",
    };
  }
  const denial = read(deniedMessage);
  if (denial) {
    const { intent, reasons } = denial;
    return {
      kind: "denied",
      text: `${intent.side} ${intent.quantity} ${intent.symbol}  ${denialWords(reasons)}`,
      tone: "bad",
    };
  }
  const event = read(orderEventMessage);
  if (event) {
    if (event.status === "submitted" || event.status === "accepted") return null;
    const price = event.averagePrice === null ? "" : ` at ${usd(event.averagePrice)}`;
    const why = event.reason ? `: ${event.reason}` : "";
    const tone = event.status === "filled" ? "good" : event.status === "partially-filled" ? "dim" : "warn";
    const done = event.filledQuantity > 0 ? ` ${quantityOf(event.filledQuantity)}` : "";
    return { kind: "order", text: `${event.side} ${event.symbol} ${event.status}${done}${price}${why}`, tone };
  }
  const fill = read(fillMessage);
  if (fill) {
    if (fill.kind === "commission") return null;
    return {
      kind: "fill",
      text: `${fill.side} ${quantityOf(fill.quantity)} ${fill.symbol} at ${usd(fill.price)}`,
      tone: "plain",
    };
  }
  const risk = read(riskStateMessage);
  if (risk) {
    return {
      kind: "risk",
      text: `${risk.tradingState}, day P&L ${usd(risk.dayProfit)} USD, day trades ${risk.dayTradesUsed} (${risk.dayTradeRegime})${risk.reason ? `: ${risk.reason}` : ""}`,
      tone: risk.tradingState === "active" ? "dim" : "warn",
    };
  }
  const limit = read(limitUseMessage);
  if (limit) {
    if (limit.used < limit.limit * LIMIT_SHOWN_FROM) return null;
    const amount = (value: number) => (limit.unit === "USD" ? `${usd(value)} USD` : quantityOf(value));
    return { kind: "risk", text: `${limit.name} ${amount(limit.used)} of ${amount(limit.limit)}`, tone: "dim" };
  }
  const alert = read(alertMessage);
  if (alert) {
    const tone = alert.severity === "critical" ? "bad" : alert.severity === "warning" ? "warn" : "plain";
    return { kind: "alert", text: `[${alert.severity}] ${alert.title}`, tone };
  }
  return null;
}
