import { resolve } from "node:path";
import { type Bus, type BusLogger, connectBus } from "#libs/bus/mod.ts";
import type { Settings } from "#libs/config/mod.ts";
import { modeOf } from "#libs/contracts/mod.ts";
import { PROJECT_DIR } from "../../deployment/pm2/apps.ts";

const quiet: BusLogger = { debug: noLine, info: noLine, warn: noLine, error: noLine };
function noLine(): void {
  // The command line tells what matters in its own words; the bus client's log has no reader here.
}

/**
 * Connects as the operator. Waits up to `timeoutMs` for the identity that a first start makes, and as long for the
 * server.
 *
 * @throws BusError `IDENTITY_MISSING`, `SERVER_AWAY`
 */
export const connectOperator = (settings: Settings, timeoutMs: number): Promise<Bus> =>
  connectBus({
    identity: "operator",
    mode: modeOf(settings),
    logger: quiet,
    marketNowMs: () => null,
    port: settings.natsPort,
    identitiesDir: resolve(PROJECT_DIR, settings.dataDir, "identities"),
    waitForIdentityMs: timeoutMs,
    connectTimeoutMs: timeoutMs,
  });
