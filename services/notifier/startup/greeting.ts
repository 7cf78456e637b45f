import type { Alert, Envelope, GatewayStatus, Health, Mode, SessionState } from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import { newYorkText } from "../message/market-time.ts";
import { WATCHED } from "../watch/heartbeats.ts";

export const PLATFORM_STARTED = "PLATFORM_STARTED";
export const NOTIFIER_STARTED = "NOTIFIER_STARTED";

/** A service that ran this much longer than this process was there before it. */
const OLDER_BY_SECONDS = 10;
/** The bridge may say where it stands this long before it counts as started. */
const BRIDGE_START_SECONDS = 15;
/** Session states that tell how it stands; the others are on their way. */
const SETTLED: ReadonlySet<SessionState> = new Set([
  "ready",
  "degraded",
  "planned-restart",
  "awaiting-login",
  "halted",
]);

export interface Situation {
  readonly mode: Mode;
  readonly marketTimeMs: number | null;
  /** Machine clock, epoch milliseconds. */
  readonly wallMs: number;
  /** The newest status in the ledger, which may be from before the bridge was started. */
  readonly gateway: { readonly status: GatewayStatus; readonly publishedAt: number } | null;
  /** The newest heartbeat of each service that was heard since this process began. */
  readonly beats: ReadonlyMap<string, Health>;
  /** How long this process has run. */
  readonly ownUptimeSeconds: number;
  /** The newest start that was announced; undefined when there was none lately. */
  readonly lastStart: Envelope<Alert> | undefined;
  readonly queueLength: number;
}

/** Whether there is no more to wait for: every service was heard, and the session stands or is known not to. */
export function isClear(situation: Situation): boolean {
  const gateway = presentGateway(situation);
  return gateway !== null && SETTLED.has(gateway.state) && WATCHED.every((service) => situation.beats.has(service));
}

/** The session's status if it is of the bridge that runs now: the ledger also holds what an earlier one said last. */
function presentGateway({ gateway, beats, wallMs }: Situation): GatewayStatus | null {
  const bridge = beats.get("gateway-bridge");
  if (gateway === null || bridge === undefined) return null;
  return gateway.publishedAt >= wallMs - (bridge.uptimeSeconds + BRIDGE_START_SECONDS) * 1000 ? gateway.status : null;
}

/**
 * The message of a start: time, mode, gateway, services. When only this service was restarted, on a day whose start
 * was announced, it says just that.
 */
export function greeting(situation: Situation): Alert {
  const { mode, beats } = situation;
  const gateway = presentGateway(situation);
  const services = WATCHED.map((service) => {
    const beat = beats.get(service);
    if (beat === undefined) return { name: service, value: "not heard yet" };
    return { name: service, value: `${beat.status}${beat.detail === "" ? "" : `: ${beat.detail}`}`.slice(0, 500) };
  });
  const lastKnown = situation.gateway === null ? "" : `; before this start it was ${situation.gateway.status.state}`;
  const session =
    gateway === null
      ? `not known yet${lastKnown}`
      : `${gateway.state}${gateway.reason === "" ? "" : `, ${gateway.reason}`}`;
  if (onlyNotifier(situation)) {
    return {
      severity: "info",
      code: NOTIFIER_STARTED,
      title: "The notifier was restarted",
      text: `The platform kept running. Gateway session: ${session}. Alerts waiting: ${situation.queueLength}.`.slice(
        0,
        2000,
      ),
      fields: [],
    };
  }
  const well = services.filter(({ name }) => beats.get(name)?.status === "ok").length;
  return {
    severity: "info",
    code: PLATFORM_STARTED,
    title: `Crucible has started in ${mode}`,
    text: WHAT_MODE_MEANS[mode],
    fields: [
      { name: "mode", value: mode },
      { name: "machine time", value: newYorkText(situation.wallMs) },
      { name: "gateway session", value: session.slice(0, 500) },
      { name: "account", value: gateway?.account ?? "not known yet" },
      { name: "healthy", value: `${well} of ${WATCHED.length} services` },
      ...services,
    ],
  };
}

const WHAT_MODE_MEANS: Record<Mode, string> = {
  "dry-run": "Orders are filled on paper by the bridge; nothing is sent to the broker.",
  paper: "Orders are sent to the paper account.",
  live: "Orders are sent to the live account.",
};

function onlyNotifier(situation: Situation): boolean {
  const { lastStart, beats, ownUptimeSeconds } = situation;
  if (lastStart === undefined || dayOf(lastStart.marketTime, lastStart.publishedAt) !== today(situation)) return false;
  return WATCHED.some((service) => (beats.get(service)?.uptimeSeconds ?? 0) > ownUptimeSeconds + OLDER_BY_SECONDS);
}

const today = ({ marketTimeMs, wallMs }: Situation): string => dayOf(marketTimeMs, wallMs);

/** The New York day of the market clock, or of the machine's where that is not known. */
const dayOf = (marketTimeMs: number | null, wallMs: number): string => tradingDayOf(marketTimeMs ?? wallMs);
