import type { Alert } from "#libs/contracts/mod.ts";

/** PM2 has a bus that died back in two or three seconds: that is told when it is over. */
export const BUS_AWAY_AFTER_MS = 8000;

/** Where the bus stands, as this service sees it. */
export interface BusWatch {
  /** Monotonic clock; null while it is there. */
  readonly awaySinceMs: number | null;
  readonly told: boolean;
}

export type BusNews =
  /** Cannot go over the disk, because that is what is away: it goes straight to Discord. */
  { readonly kind: "away"; readonly alert: Alert } | { readonly kind: "back"; readonly alert: Alert };

export const BUS_IS_THERE: BusWatch = { awaySinceMs: null, told: false };

/** Follows the bus: while it is away no service can raise an alert, so somebody must say so without it (law 8). */
export function watchBus(
  state: BusWatch,
  up: boolean,
  nowMs: number,
  afterMs: number = BUS_AWAY_AFTER_MS,
): { readonly watch: BusWatch; readonly news: BusNews | null } {
  if (up) {
    if (state.awaySinceMs === null) return { watch: BUS_IS_THERE, news: null };
    const seconds = Math.max(1, Math.round((nowMs - state.awaySinceMs) / 1000));
    const alert: Alert = {
      severity: state.told ? "info" : "warning",
      code: "BUS_BACK",
      title: `The bus is back after ${seconds} s`,
      text: "The services read what they missed and go on. If nobody restarted it, see why it ended: `npx pm2 logs nats`.",
      fields: [],
    };
    return { watch: BUS_IS_THERE, news: { kind: "back", alert } };
  }
  const awaySinceMs = state.awaySinceMs ?? nowMs;
  if (state.told || nowMs - awaySinceMs < afterMs) return { watch: { ...state, awaySinceMs }, news: null };
  const alert: Alert = {
    severity: "critical",
    code: "BUS_AWAY",
    title: "The bus is away: no orders, and no other alert can be raised",
    text: `For ${Math.round((nowMs - awaySinceMs) / 1000)} s the NATS server has not answered. No service sends an order while it is away; protective orders already at the broker keep working. PM2 restarts it when it dies: see \`npm run status\` and \`npx pm2 logs nats\`.`,
    fields: [],
  };
  return { watch: { awaySinceMs, told: true }, news: { kind: "away", alert } };
}
