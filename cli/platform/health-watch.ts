import { resolve } from "node:path";
import { type Bus, type BusLogger, connectBus } from "#libs/bus/mod.ts";
import type { Settings } from "#libs/config/mod.ts";
import { type Health, healthMessage, modeOf, type ServiceName } from "#libs/contracts/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import { PROJECT_DIR } from "../../deployment/pm2/apps.ts";

/** The heartbeat is once a second; older than this, a service is not there. */
const HEARTBEAT_AGE_MAX_MS = 3500;

const quiet: BusLogger = { debug: noLine, info: noLine, warn: noLine, error: noLine };
function noLine(): void {
  // The command line tells what matters in its own words; the bus client's log has no reader here.
}

/** The services' newest heartbeats, as the operator hears them on the bus. */
export interface HealthWatch {
  readonly bus: Bus;
  /** The newest heartbeat of a service; undefined when there was none lately. */
  of(service: ServiceName): Health | undefined;
  close(): Promise<void>;
}

/** Connects as the operator. Waits up to `timeoutMs` for the identity that a first start makes, and for the server. */
export async function watchHealth(settings: Settings, timeoutMs: number): Promise<HealthWatch> {
  const bus = await connectBus({
    identity: "operator",
    mode: modeOf(settings),
    logger: quiet,
    marketNowMs: () => null,
    port: settings.natsPort,
    identitiesDir: resolve(PROJECT_DIR, settings.dataDir, "identities"),
    waitForIdentityMs: timeoutMs,
    connectTimeoutMs: timeoutMs,
  });
  const heard = new Map<ServiceName, { health: Health; atMs: number }>();
  bus.subscribe(healthMessage, ({ data }) => heard.set(data.service, { health: data, atMs: monotonicNowMs() }));
  return {
    bus,
    of: (service) => {
      const newest = heard.get(service);
      return newest && monotonicNowMs() - newest.atMs <= HEARTBEAT_AGE_MAX_MS ? newest.health : undefined;
    },
    close: () => bus.close(),
  };
}
