import { type Alert, SERVICES, type ServiceName } from "#libs/contracts/mod.ts";

/** Services beat once a second; PM2 has one that died back within two or three. */
export const SILENT_AFTER_MS = 5000;
/** A service that was never heard may still be on its way, at a cold start of everything. */
const FIRST_BEAT_MS = 30_000;
/** This service looks once a second: a longer gap means that it stood still itself, and heard nothing for that. */
const OWN_STALL_MS = 3000;

type Watched = Exclude<ServiceName, "notifier">;
export const WATCHED: readonly Watched[] = SERVICES.filter((service) => service !== "notifier");

interface Seen {
  /** When it was last heard, or since when it is waited for. */
  readonly sinceMs: number;
  readonly pid: number | null;
  readonly silent: boolean;
}

export interface Watch {
  readonly seen: Readonly<Record<Watched, Seen>>;
  readonly lookedAtMs: number;
}

/** All times are the machine's monotonic clock. */
export type WatchEvent = { readonly nowMs: number } & (
  | { readonly kind: "beat"; readonly service: ServiceName; readonly pid: number }
  | { readonly kind: "look"; readonly busUp: boolean }
);

export function beginWatch(nowMs: number): Watch {
  const unseen: Seen = { sinceMs: nowMs, pid: null, silent: false };
  return { seen: { "gateway-bridge": unseen, strategy: unseen, risk: unseen }, lookedAtMs: nowMs };
}

/** Follows the other services' heartbeats: one alert when one falls silent, one when it is back. */
export function watch(state: Watch, event: WatchEvent): { readonly watch: Watch; readonly alerts: readonly Alert[] } {
  if (event.kind === "look") return look(state, event.nowMs, event.busUp);
  const { service, pid, nowMs } = event;
  if (service === "notifier") return { watch: state, alerts: [] };
  const before = state.seen[service];
  const after: Seen = { sinceMs: nowMs, pid, silent: false };
  const restarted = before.pid !== null && before.pid !== pid;
  const alerts = before.silent
    ? [back(service, nowMs - before.sinceMs, restarted)]
    : restarted
      ? [restartedAlert(service, nowMs - before.sinceMs)]
      : [];
  return { watch: { ...state, seen: { ...state.seen, [service]: after } }, alerts };
}

function look(state: Watch, nowMs: number, busUp: boolean): { watch: Watch; alerts: Alert[] } {
  const deaf = !busUp || nowMs - state.lookedAtMs > OWN_STALL_MS;
  const seen = { ...state.seen };
  const alerts: Alert[] = [];
  for (const service of WATCHED) {
    const known = seen[service];
    // While this service itself could not hear, nobody's silence counts.
    if (deaf && !known.silent) seen[service] = { ...known, sinceMs: nowMs };
    else if (!known.silent && nowMs - known.sinceMs > (known.pid === null ? FIRST_BEAT_MS : SILENT_AFTER_MS)) {
      seen[service] = { ...known, silent: true };
      alerts.push(silent(service, nowMs - known.sinceMs, known.pid === null));
    }
  }
  return { watch: { seen, lookedAtMs: nowMs }, alerts };
}

const CONSEQUENCES: Record<Watched, string> = {
  "gateway-bridge": "No market data and no new orders. Protective orders already at the broker keep working.",
  strategy: "No new signals. Protective orders already at the broker keep working; open positions are not managed.",
  risk: "Every new order is refused while it is away. Protective orders already at the broker keep working.",
};

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

const silent = (service: Watched, forMs: number, never: boolean): Alert => ({
  severity: "critical",
  code: "SERVICE_SILENT",
  title: never ? `${service} did not start` : `${service} is silent`,
  text: `No heartbeat for ${seconds(forMs)}. ${CONSEQUENCES[service]} PM2 restarts a process that dies; if it does not come back, see \`npm run status\` and \`npx pm2 logs ${service}\`.`,
  fields: [],
});

const back = (service: Watched, awayMs: number, restarted: boolean): Alert => ({
  severity: "info",
  code: "SERVICE_BACK",
  title: `${service} is back after ${seconds(awayMs)}`,
  text: restarted ? "It was restarted and has read its state from the ledger." : "",
  fields: [],
});

const restartedAlert = (service: Watched, awayMs: number): Alert => ({
  severity: "warning",
  code: "SERVICE_RESTARTED",
  title: `${service} was restarted`,
  text: `It was away for ${seconds(awayMs)} and has read its state from the ledger. If nobody restarted it, see why it ended: \`npx pm2 logs ${service}\`.`,
  fields: [],
});
