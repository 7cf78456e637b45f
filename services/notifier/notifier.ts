import { followAlerts, LedgerFold } from "#libs/bus/mod.ts";
import { type Alert, controlMessage, type Health, healthMessage } from "#libs/contracts/mod.ts";
import type { HealthReport, Service, ServiceContext } from "#libs/service/mod.ts";
import { epochMsOf, monotonicNowMs, tradingDayOf, wallNowMs } from "#libs/time/mod.ts";
import { scrubber } from "./discord/secret.ts";
import { DISCORD_TIMEOUTS, Webhook, type WebhookTimeouts } from "./discord/webhook.ts";
import { apply, FACTS_VERSION, type Facts, factsSchema, noFacts } from "./facts/facts.ts";
import { isNews, Teller } from "./facts/teller.ts";
import { report } from "./health.ts";
import { Outbox } from "./outbox/outbox.ts";
import { recover } from "./outbox/recover.ts";
import { DISCORD_PACE, type PaceSettings } from "./queue/pace.ts";
import { greeting, isClear, PLATFORM_STARTED, type Situation } from "./startup/greeting.ts";
import { answerTest } from "./test-message.ts";
import { BUS_IS_THERE, watchBus } from "./watch/bus.ts";
import { beginWatch, watch } from "./watch/heartbeats.ts";

const LOOK_INTERVAL_MS = 1000;
/** The start is announced with what is known after this long. */
const GREETING_WAIT_MS = 10_000;
/** The message in flight and its receipt may take this long at a stop; `STOP_DEADLINE_MS` in libs/service is 8 s. */
const STOP_GRACE_MS = 4000;

/** What the notifier uses of a service's context. */
export type NotifierContext = Pick<ServiceContext<"notifier">, "mode" | "bus" | "clock"> & {
  readonly settings: Pick<ServiceContext<"notifier">["settings"], "discordWebhookUrl">;
};

export interface NotifierOptions {
  readonly busAwayAfterMs?: number;
  readonly pace?: PaceSettings;
  readonly timeouts?: WebhookTimeouts;
}

/** The server ended the consumer of the alert stream. */
class OutboxEndedError extends Error {
  readonly code = "OUTBOX_ENDED";
  override readonly name = "OutboxEndedError";
  constructor() {
    super("The consumer of the ALERTS stream ended: the notifier must start again to see new alerts.");
  }
}

/** Starts the notifier: the alert outbox, what the ledger tells, the watch over the other services. */
export async function startNotifier(context: NotifierContext, options: NotifierOptions = {}): Promise<Service> {
  const { bus, clock, mode } = context;
  const { logger } = bus.context;
  const webhookUrl = context.settings.discordWebhookUrl;
  const scrub = scrubber(webhookUrl);
  const webhook = webhookUrl === "" ? null : new Webhook(webhookUrl, options.timeouts ?? DISCORD_TIMEOUTS);
  if (webhook === null) logger.warn({}, "no webhook: alerts are kept in the ledger; set DISCORD_WEBHOOK_URL");

  let teller: Teller | undefined;
  const fold = await LedgerFold.open<Facts>(bus, {
    service: "notifier",
    stateVersion: FACTS_VERSION,
    initial: noFacts,
    apply,
    save: (facts) => ({ ...facts, notices: teller?.unrecorded(facts) ?? facts.notices }),
    load: (json) => factsSchema.parse(json),
    onLive: () => teller?.consider(),
  });

  const startOfDayMs = epochMsOf(tradingDayOf(wallNowMs()), "00:00");
  const news = fold.state.notices.filter((notice) => isNews(notice, wallNowMs()));
  const recovered = await recover(bus, Math.min(startOfDayMs, ...news.map((notice) => notice.publishedAt)));
  const outbox = new Outbox({ bus, webhook, pace: options.pace ?? DISCORD_PACE, recovered, scrub });
  outbox.begin();
  const stream = await followAlerts(bus, (alert) => outbox.take(alert));
  let stopping = false;
  void stream.ended.then(() => {
    // Nobody would hear of anything any more. As a rejection it ends the process, and PM2 starts it again.
    if (!stopping) throw new OutboxEndedError();
  });
  teller = new Teller(bus, recovered.alertIds);
  teller.begin(() => fold.state);

  const raise = (alert: Alert) => {
    bus.alert(alert).catch((error: unknown) => {
      logger.error({ code: alert.code, error: String(error) }, "an alert could not be recorded");
    });
  };

  const startedAtMs = monotonicNowMs();
  const beats = new Map<string, Health>();
  let watched = beginWatch(startedAtMs);
  let busWatched = BUS_IS_THERE;
  let greeted = false;
  const situation = (): Situation => ({
    mode,
    marketTimeMs: clock.nowMs() ?? null,
    wallMs: wallNowMs(),
    gateway: fold.state.gateway,
    beats,
    ownUptimeSeconds: process.uptime(),
    lastStart: recovered.ownByCode.get(PLATFORM_STARTED),
    queueLength: outbox.state.entries.length,
  });
  const greet = () => {
    if (greeted) return;
    const now = situation();
    if (!isClear(now) && monotonicNowMs() - startedAtMs < GREETING_WAIT_MS) return;
    greeted = true;
    raise(greeting(now));
  };
  const hear = bus.subscribe(healthMessage, ({ data }) => {
    if (data.service === "notifier") return;
    beats.set(data.service, data);
    const step = watch(watched, { kind: "beat", service: data.service, pid: data.pid, nowMs: monotonicNowMs() });
    watched = step.watch;
    for (const alert of step.alerts) raise(alert);
    greet();
  });
  const lookAtBus = (up: boolean) => {
    const step = watchBus(busWatched, up, monotonicNowMs(), options.busAwayAfterMs);
    busWatched = step.watch;
    if (step.news?.kind === "away") outbox.tellWithoutBus(step.news.alert);
    if (step.news?.kind === "back") raise(step.news.alert);
  };
  const look = setInterval(() => {
    const step = watch(watched, { kind: "look", busUp: bus.up, nowMs: monotonicNowMs() });
    watched = step.watch;
    for (const alert of step.alerts) raise(alert);
    lookAtBus(bus.up);
    greet();
  }, LOOK_INTERVAL_MS);
  // A server that is killed is often back before the next look.
  const stopWatchingBus = bus.onChange(lookAtBus);

  bus.serve(controlMessage, ["notifier", "test"], ({ data }) => answerTest(bus, outbox, webhook !== null, data.reason));
  // Whoever is told that this service is ready must find it answering.
  await bus.connection.flush();

  return {
    health: (): HealthReport => report(outbox, webhook !== null),
    async stop() {
      stopping = true;
      clearInterval(look);
      stopWatchingBus();
      hear.stop();
      teller.stop();
      stream.stop();
      await outbox.stop(STOP_GRACE_MS);
      await fold.stop();
    },
  };
}
