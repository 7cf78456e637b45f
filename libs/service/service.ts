import { join } from "node:path";
import { type Bus, connectBus } from "#libs/bus/mod.ts";
import { type ServiceSettings, SettingsError, settingsFor } from "#libs/config/mod.ts";
import { CONSUMERS, type Health, healthMessage, type Mode, modeOf, type ServiceName } from "#libs/contracts/mod.ts";
import { type Calendar, createCalendar, MarketClock, monotonicNowMs } from "#libs/time/mod.ts";
import { readCalendarOverrides } from "./calendar-overrides.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { EXIT } from "./exit-codes.ts";
import { followClock } from "./follow-clock.ts";
import { createLogger, type Logger } from "./logger.ts";
import { Metrics } from "./metrics.ts";
import { onStopRequest } from "./stop-request.ts";

/** The first start of all fetches a NATS server before it makes the identities. */
const IDENTITY_WAIT_MS = 10 * 60_000;
const HEARTBEAT_INTERVAL_MS = 1000;

export interface ServiceContext<Name extends ServiceName> {
  readonly name: Name;
  readonly settings: ServiceSettings<Name>;
  readonly mode: Mode;
  readonly logger: Logger;
  readonly bus: Bus;
  /** Follows the bridge's clock; in the bridge itself the session sets it. */
  readonly clock: MarketClock;
  readonly calendar: Calendar;
}

/** What a running service tells of itself once a second. */
export type HealthReport = Pick<Health, "status" | "detail" | "figures">;

export interface Service {
  health(): HealthReport;
  /** Ends the work in order; what matters is already on the disk, so this may also never be called. */
  stop(): Promise<void>;
}

/**
 * Runs a service: settings, logger, bus, clock, heartbeat, `ready` for PM2, graceful stop. Crash-only: an exception
 * nobody caught ends the process, and the state comes back from the ledger.
 */
export async function runService<Name extends ServiceName>(
  name: Name,
  start: (context: ServiceContext<Name>) => Promise<Service>,
): Promise<void> {
  const settings = readSettings(name);
  const mode = modeOf(settings);
  const logger = await createLogger({
    name,
    mode,
    level: settings.logLevel,
    file: settings.logFile,
    maxBytes: settings.logMaxBytes,
    backupCount: settings.logBackupCount,
    secrets: "discordWebhookUrl" in settings ? [String(settings.discordWebhookUrl ?? "")] : [],
  });
  const die = (code: number, error: unknown, what: string) => {
    logger.fatal({ error: describe(error) }, what);
    process.exit(code);
  };
  process.on("uncaughtException", (error) => die(EXIT.crash, error, "an exception nobody caught"));
  process.on("unhandledRejection", (error) => die(EXIT.crash, error, "a rejection nobody handled"));

  try {
    const clock = new MarketClock();
    const bus = await connectBus({
      identity: name,
      mode,
      logger,
      marketNowMs: () => clock.nowMs() ?? null,
      port: settings.natsPort,
      identitiesDir: join(settings.dataDir, "identities"),
      waitForIdentityMs: IDENTITY_WAIT_MS,
    });
    void bus.closed().then((error) => die(EXIT.busLost, error ?? "closed", "the connection to the bus is gone"));
    await streamsExist(name, bus, logger);
    if (name !== "gateway-bridge") await followClock(bus, clock);
    const calendar = createCalendar(await readCalendarOverrides(settings.calendarOverridesPath));
    const service = await start({ name, settings, mode, logger, bus, clock, calendar });
    const stopHeartbeat = beat(name, bus, service);
    const stop = async () => {
      stopHeartbeat();
      await service.stop();
      await bus.flush();
    };
    onStopRequest(logger, () => {
      stop().then(
        () => process.exit(EXIT.ok),
        (error: unknown) => die(EXIT.crash, error, "stopping failed"),
      );
    });
    process.send?.("ready");
    logger.info({}, "ready");
  } catch (error) {
    // What is wrong with the configuration is said in one sentence; where in the code it was found helps nobody.
    if (error instanceof ConfigurationError) die(EXIT.configuration, error.message, "could not start");
    die(EXIT.crash, error, "could not start");
  }
}

function readSettings<Name extends ServiceName>(name: Name): ServiceSettings<Name> {
  try {
    return settingsFor(name, process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(EXIT.configuration);
  }
}

/** PM2 starts everything at once: wait until setup has made the streams and this service's consumers. */
async function streamsExist(name: ServiceName, bus: Bus, logger: Logger): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const own = CONSUMERS.filter((consumer) => consumer.durable === name);
      await Promise.all([
        ...["LEDGER", "STATE", "MARKET_DATA"].map((stream) => bus.manager.streams.info(stream)),
        ...own.map((consumer) => bus.manager.consumers.info(consumer.stream, consumer.durable)),
      ]);
      return;
    } catch (error) {
      if (attempt % 20 === 0) logger.warn({ error: describe(error) }, "waiting for the streams that setup makes");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function beat(name: ServiceName, bus: Bus, service: Service): () => void {
  const metrics = new Metrics();
  const startedAtMs = monotonicNowMs();
  const timer = setInterval(() => {
    const report = service.health();
    metrics.show(report.figures);
    bus.publish(healthMessage, [name], {
      service: name,
      ...report,
      pid: process.pid,
      uptimeSeconds: Math.round((monotonicNowMs() - startedAtMs) / 1000),
      memoryBytes: process.memoryUsage.rss(),
    });
  }, HEARTBEAT_INTERVAL_MS);
  return () => clearInterval(timer);
}

const describe = (error: unknown): string =>
  error instanceof Error
    ? [error.stack ?? error.message, error.cause ? `caused by ${describe(error.cause)}` : ""].join(" ").trim()
    : String(error);
