import type { HealthReport } from "#libs/service/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import type { Outbox } from "./outbox/outbox.ts";

/** What the notifier tells of itself. Without a webhook it does its work, which is to keep the alerts, and says so. */
export function report(outbox: Outbox, webhookSet: boolean): HealthReport {
  const { entries, gate, unreachableSinceMs } = outbox.state;
  const { deliveredToday, keptToday, lastDeliveryAtMs } = outbox.figures;
  const nowMs = monotonicNowMs();
  const figures = {
    "queue length": entries.length,
    "delivered today": deliveredToday,
    ...(webhookSet ? {} : { "kept today": keptToday }),
    "last delivery": lastDeliveryAtMs === null ? "none" : `${shortDuration(Math.max(0, nowMs - lastDeliveryAtMs))} ago`,
  };
  if (!webhookSet) return { status: "ok", detail: "no webhook: alerts are kept in the ledger", figures };
  if (gate.kind === "stopped") {
    return { status: "degraded", detail: `Discord refuses the webhook, alerts are kept: ${gate.why}`, figures };
  }
  if (unreachableSinceMs !== null) {
    const seconds = Math.round((nowMs - unreachableSinceMs) / 1000);
    return { status: "degraded", detail: `Discord is out of reach for ${seconds} s, alerts are kept`, figures };
  }
  return { status: "ok", detail: gate.kind === "waiting" && entries.length > 0 ? `waiting: ${gate.why}` : "", figures };
}

/** Rough on purpose: whether it was a moment, minutes or hours ago. */
function shortDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
