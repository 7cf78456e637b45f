import { type LedgerEvent, LedgerFold } from "#libs/bus/mod.ts";
import {
  type Alert,
  approvedMessage,
  barMessage,
  clockMessage,
  gatewayStatusMessage,
  interestMessage,
  quoteMessage,
} from "#libs/contracts/mod.ts";
import type { Service, ServiceContext } from "#libs/service/mod.ts";
import { monotonicNowMs, tradingDayOf, wallNowMs } from "#libs/time/mod.ts";
import { AccountPublisher } from "./account/publisher.ts";
import * as alerts from "./alerts.ts";
import { GatewayClock } from "./clock/gateway-clock.ts";
import { serveCancels, serveControls } from "./commands.ts";
import { openDesk } from "./desk/open-desk.ts";
import { RequestIds } from "./desk/request-ids.ts";
import { GatewayLink } from "./gateway/link.ts";
import { HealthFigures } from "./health.ts";
import { Feed } from "./market-data/feed.ts";
import { approvalIn, bookFold } from "./orders/fold.ts";
import { OrderIds } from "./orders/order-ids.ts";
import { Recorder } from "./orders/recorder.ts";
import { OrderWorker } from "./orders/worker.ts";
import { SessionDriver } from "./session/driver.ts";
import type { SessionEffect } from "./session/session.ts";

/** How often the desk looks at the clock, and the account at whether it is due; machine time. */
const HOUSEKEEPING_MS = 200;

/**
 * Starts the bridge: folds the ledger, then keeps a session with the gateway for as long as it runs. It does not
 * wait for the gateway: without one it is up, says so, and answers.
 */
export async function startBridge(context: ServiceContext<"gateway-bridge">): Promise<Service> {
  const { bus, clock, logger, mode, settings, calendar } = context;
  const early: LedgerEvent[] = [];
  let onLedger = (event: LedgerEvent): void => void early.push(event);
  const fold = await LedgerFold.open(bus, { ...bookFold, onLive: (event) => onLedger(event) });
  // The fold holds what is on the disk; the working book also what is on its way there.
  const book = structuredClone(fold.state);

  let stopping = false;
  /** Crash-only: what could not be recorded is read from the broker again at the next start. */
  const onRefused = (error: unknown) => {
    if (stopping) return;
    logger.fatal({ error: String(error) }, "the ledger refused a fact; the bridge ends and reads everything again");
    queueMicrotask(() => {
      throw error;
    });
  };
  const alert = (what: Alert) => void bus.alert(what).catch(onRefused);
  const marketNowMs = () => clock.nowMs() ?? null;

  const recorder = new Recorder({ bus, book, marketNowMs, onRefused });
  const requestIds = new RequestIds();
  const gatewayClock = new GatewayClock(settings.marketClockSpeed, settings.clockDriftAlertMs);

  const feed: Feed = new Feed({
    nowMs: monotonicNowMs,
    nextRequestId: () => requestIds.next(),
    onQuote: (quote, traded) => {
      bus.publish(quoteMessage, [quote.symbol], quote);
      desk.onQuote(quote, traded);
    },
    onBar: (bar) => void bus.publish(barMessage, [bar.interval, bar.symbol], bar),
    onRefused: (symbol, code, text) => alert(alerts.noMarketData(symbol, code, text)),
  });

  const driver: SessionDriver = new SessionDriver({
    settings: {
      mode,
      liveAccount: settings.liveAccount,
      host: settings.ibkrHost,
      port: settings.ibkrPort,
      clientId: settings.ibkrClientId,
      restart: {
        restartAt: settings.gatewayRestartAt,
        windowMinutes: settings.gatewayRestartWindowMinutes,
        freezeSeconds: settings.gatewayFreezeSeconds,
      },
    },
    now: () => ({ nowMs: monotonicNowMs(), wallMs: wallNowMs(), marketMs: marketNowMs(), random: Math.random() }),
    carryOut: (effect) => carryOut(effect),
    onStatus: (status) => {
      logger.info({ session: status.state, acceptsOrders: status.acceptsOrders }, status.reason);
      bus.record(gatewayStatusMessage, [], status).catch(onRefused);
    },
  });

  const desk = await openDesk(mode, {
    book,
    recorder,
    calendar,
    feed,
    requestIds,
    orderIds: new OrderIds(book.highestOrderId),
    startEquity: settings.dryRunEquityUsd,
    maxQuoteAgeMs: settings.maxQuoteAgeMs,
    account: () => driver.session.account,
    marketNowMs,
    nowMs: monotonicNowMs,
    clientId: settings.ibkrClientId,
    alert,
    isReady: () => driver.status.state === "ready",
    onReadOnly: (text) => driver.post({ type: "read-only", connection: driver.session.connection, text }),
    onAccountChanged: () => account.changed(),
    whyNot: () =>
      driver.status.acceptsOrders ? null : `the gateway session is ${driver.status.state}: ${driver.status.reason}`,
  });
  const account: AccountPublisher = new AccountPublisher({
    bus,
    book,
    nowMs: monotonicNowMs,
    summary: () => desk.summary(),
    positions: () => desk.positions(),
    onRefused,
  });
  recorder.onFact((fact) => {
    if (fact.kind === "fill") account.changed();
  });

  const link = new GatewayLink({
    host: settings.ibkrHost,
    port: settings.ibkrPort,
    clientId: settings.ibkrClientId,
    nowMs: monotonicNowMs,
    desk,
    feed,
    post: (event) => driver.post(event),
    onTime: (epochSeconds) => {
      const news = gatewayClock.heard(epochSeconds, monotonicNowMs(), wallNowMs());
      clock.set(news.anchor);
      bus.publish(clockMessage, [], { ...news.anchor, driftMs: news.driftMs });
      if (news.alert !== null) alert(news.alert);
    },
    alert,
    onLog: (fields, message) => logger.info(fields, message),
  });

  function carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case "connect":
        link.open(effect.connection);
        break;
      case "disconnect":
        link.close();
        break;
      case "take-snapshot":
        link.sync(effect.connection, () => clock.nowMs() !== undefined);
        break;
      case "ask-time":
        gatewayClock.asked(monotonicNowMs());
        link.askTime();
        break;
      case "session-lost":
        desk.onSessionLost(effect.reason);
        break;
      case "became-ready":
        link.startStreams(effect.streams);
        desk.onReady();
        account.publish();
        break;
      case "verify-streams":
        feed.verify();
        break;
      case "alert":
        alert(effect.alert);
        break;
    }
  }

  const worker = new OrderWorker({
    bus,
    book,
    recorder,
    venue: desk.venue,
    marketNowMs,
    onRefused,
    entriesStopped: fold.integrity.ok ? null : "the ledger went backwards",
  });
  onLedger = (event) => {
    const approved = approvalIn(event);
    if (approved !== undefined) worker.take(approved.data, approved.id);
    else if (event.as(approvedMessage) !== undefined) {
      const payload = new TextEncoder().encode(JSON.stringify(event.envelope));
      bus.keepDeadLetter(event.subject, "not written by risk, or for another order than its subject names", payload);
    }
  };
  for (const pending of [...book.pending.values()]) worker.enqueue(pending);
  for (const event of early) onLedger(event);
  if (!fold.integrity.ok) alert(alerts.ledgerWentBackwards(fold.integrity.remembered, fold.integrity.found));

  let interest: readonly string[] = [];
  let warnedOfLimit = false;
  const align = () => {
    const working = [...book.open.values()].map(({ symbol }) => symbol);
    const held = desk.positions().flatMap(({ symbol, quantity }) => (quantity === 0 ? [] : symbol));
    feed.want(new Set([...interest, ...working, ...book.holdings.keys(), ...held]));
    if (feed.beyondLimit > 0 && !warnedOfLimit) alert(alerts.tooManySymbols(feed.beyondLimit));
    warnedOfLimit = feed.beyondLimit > 0;
  };
  const takeInterest = (symbols: readonly string[]) => {
    interest = symbols;
    align();
  };
  bus.subscribe(interestMessage, (envelope) => takeInterest(envelope.data.symbols));
  const readInterest = async () => {
    const newest = await bus.lastValue(interestMessage, []);
    if (newest !== null) takeInterest(newest.data.symbols);
  };
  await readInterest();
  const stopWatching = bus.onChange((up) => {
    if (up)
      readInterest().catch((error: unknown) => logger.warn({ error: String(error) }, "interest could not be read"));
  });

  serveCancels(bus, book, worker, desk.venue);
  serveControls(bus, driver);
  driver.start();
  const housekeeping = setInterval(() => {
    desk.onTime();
    align();
    account.onTime(driver.status.state === "ready");
  }, HOUSEKEEPING_MS);

  const figures = new HealthFigures();
  return {
    health: () => {
      const marketMs = marketNowMs();
      return figures.report({
        status: driver.status,
        counts: feed.counts,
        book,
        waitingApprovals: worker.length,
        tradingDay: marketMs === null ? null : tradingDayOf(marketMs),
        nowMs: monotonicNowMs(),
        busUp: bus.up,
      });
    },
    stop: async () => {
      stopping = true;
      clearInterval(housekeeping);
      account.stop();
      stopWatching();
      worker.stop();
      driver.stop();
      link.close();
      await bus.flush();
      await fold.stop();
    },
  };
}
