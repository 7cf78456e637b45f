import { type LedgerEvent, LedgerFold } from "#libs/bus/mod.ts";
import {
  type Alert,
  clockMessage,
  dryRunMemoryMessage,
  gatewayStatusMessage,
  orderIdsMessage,
  quoteMessage,
  weeklyLogOutMessage,
  whatIfMessage,
} from "#libs/contracts/mod.ts";
import type { Service, ServiceContext } from "#libs/service/mod.ts";
import { monotonicNowMs, tradingDayOf, wallNowMs } from "#libs/time/mod.ts";
import { AccountPublisher } from "./account/publisher.ts";
import * as alerts from "./alerts.ts";
import { GatewayClock } from "./clock/gateway-clock.ts";
import { serveAcceptance, serveControls } from "./commands.ts";
import { openDesk } from "./desk/open-desk.ts";
import { RequestIds } from "./desk/request-ids.ts";
import { HistoricalPacing } from "./gateway/historical-pacing.ts";
import { GatewayLink } from "./gateway/link.ts";
import { HealthFigures } from "./health.ts";
import { HistoryDesk } from "./history/history-desk.ts";
import { serveIbcControls } from "./ibc/controls.ts";
import { openIbc, watchIbcLog } from "./ibc/open-ibc.ts";
import { Interest } from "./market-data/interest.ts";
import { MarketData } from "./market-data/market-data.ts";
import { serveCancels } from "./orders/cancel.ts";
import { bookFold } from "./orders/fold.ts";
import { serveGlobalCancel } from "./orders/global-cancel.ts";
import { takeApproval } from "./orders/intake.ts";
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
  /** An alert that could not be stored is no reason to end: what it tells of goes on, and the log has it. */
  const alert = (what: Alert) =>
    void bus.alert(what).catch((error: unknown) => {
      if (!stopping) logger.fatal({ alert: what.code, error: String(error) }, "an alert could not be stored");
    });
  const marketNowMs = () => clock.nowMs() ?? null;

  const recorder = new Recorder({ bus, book, marketNowMs, onRefused });
  const requestIds = new RequestIds();
  const gatewayClock = new GatewayClock(
    settings.marketClockSpeed,
    settings.clockDriftAlertMs,
    settings.simulatedGateway,
  );

  const pacing = new HistoricalPacing();
  const history = new HistoryDesk({
    pacing,
    calendar,
    marketNowMs,
    nowMs: monotonicNowMs,
    nextRequestId: () => requestIds.next(),
  });
  const marketData: MarketData = new MarketData({
    bus,
    calendar,
    history,
    pacing,
    nowMs: monotonicNowMs,
    marketNowMs,
    clockSpeed: () => clock.speed ?? 0,
    nextRequestId: () => requestIds.next(),
    quietMs: settings.marketDataQuietSeconds * 1000,
    onQuote: (quote) => {
      bus.publish(quoteMessage, [quote.symbol], quote);
      desk.onQuote(quote);
    },
    onTrade: (quote, trade) => desk.onTrade(quote, trade),
    alert,
    onLog: (fields, message) => logger.warn(fields, message),
  });
  const { feed } = marketData;

  const restart = {
    restartAt: settings.gatewayRestartAt,
    windowMinutes: settings.gatewayRestartWindowMinutes,
    freezeSeconds: settings.gatewayFreezeSeconds,
  };
  const ibc = await openIbc({
    bus,
    settings,
    restart,
    alert,
    onRestart: (news) => driver.post({ type: `restart-${news}` }),
    marketNowMs,
  });

  const driver: SessionDriver = new SessionDriver({
    settings: {
      mode,
      liveAccount: settings.liveAccount,
      host: settings.ibkrHost,
      port: settings.ibkrPort,
      clientId: settings.ibkrClientId,
      restart,
      isTradingDay: calendar.isTradingDay,
      simulated: settings.simulatedGateway,
    },
    kept: {
      weekly: (await bus.lastValue(weeklyLogOutMessage, []))?.data ?? null,
      status: (await bus.lastValue(gatewayStatusMessage, []))?.data ?? null,
      restartAskedMsAgo: ibc.restartAskedMsAgo,
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
    orderIds: new OrderIds({
      highestInLedger: book.highestOrderId,
      reservedUpTo: (await bus.lastValue(orderIdsMessage, []))?.data.reservedUpTo ?? 0,
      keep: (reservedUpTo) => bus.record(orderIdsMessage, [], { reservedUpTo }),
    }),
    onRefused,
    startEquity: settings.dryRunEquityUsd,
    maxQuoteAgeMs: settings.maxQuoteAgeMs,
    account: () => driver.session.account,
    marketNowMs,
    nowMs: monotonicNowMs,
    wallMs: wallNowMs,
    clientId: settings.ibkrClientId,
    alert,
    isSubmitting: () => worker.submitting,
    isReady: () => driver.status.state === "ready",
    onReadOnly: (text) => driver.post({ type: "read-only", connection: driver.session.connection, text }),
    onAccountChanged: () => account.changed(),
    loadMemory: async () => (await bus.lastValue(dryRunMemoryMessage, []))?.data ?? null,
    keepMemory: (memory) => void bus.record(dryRunMemoryMessage, [], memory).catch(onRefused),
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
    marketNowMs,
    clockSpeed: settings.marketClockSpeed,
    desk,
    feed,
    history,
    delayedData: settings.delayedMarketData,
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
      case "fell-silent":
        ibc.onSilence(effect.times).catch(onRefused);
        break;
      case "verify-streams":
        feed.streams.verify();
        break;
      case "remember":
        bus.record(weeklyLogOutMessage, [], effect.weekly).catch(onRefused);
        break;
      case "alert":
        alert(effect.alert);
        break;
    }
  }

  const worker: OrderWorker = new OrderWorker({
    bus,
    book,
    recorder,
    venue: desk.venue,
    marketNowMs,
    onRefused,
    entriesStopped: fold.integrity.ok ? null : "the ledger went backwards",
  });
  onLedger = (event) => takeApproval(event, worker, bus);
  for (const pending of [...book.pending.values()]) worker.enqueue(pending);
  for (const event of early) onLedger(event);
  if (!fold.integrity.ok) alert(alerts.ledgerWentBackwards(fold.integrity.remembered, fold.integrity.found));

  const align = () => {
    // Those of others too: without a price risk cannot count an order that has none of its own.
    const working = [...book.open.values(), ...book.foreign.values()].map(({ symbol }) => symbol);
    const held = (desk.positions() ?? []).flatMap(({ symbol, quantity }) => (quantity === 0 ? [] : symbol));
    marketData.onTime([...working, ...book.holdings.keys(), ...held], interest.symbols);
  };
  const interest: Interest = new Interest({ bus, logger, onChange: align });
  await interest.start();

  serveCancels(bus, { book, recorder, worker, venue: desk.venue });
  serveGlobalCancel(bus, { book, recorder, worker, desk, alert });
  bus.serve(whatIfMessage, [], ({ data }) => desk.whatIf(data));
  serveControls(bus, driver);
  serveAcceptance(bus, driver, desk);
  history.serve(bus);
  serveIbcControls(bus, ibc);
  // Whoever is told that this service is ready must find it answering.
  await bus.connection.flush();
  driver.start();
  const logWatch = await watchIbcLog({
    bus,
    path: settings.ibcLogPath,
    awaitsLogin: driver.status.haltOutlivesBridgeFor === "login",
    logger,
    onLoginTrouble: (text) => driver.post({ type: "login-trouble", text }),
    onFailure: onRefused,
  });
  const housekeeping = setInterval(() => {
    desk.onTime();
    align();
    history.onTime();
    account.onTime(driver.status.state === "ready");
  }, HOUSEKEEPING_MS);

  const figures = new HealthFigures();
  return {
    health: () => {
      const marketMs = marketNowMs();
      return figures.report({
        status: driver.status,
        counts: feed.counts,
        marketData: marketData.figures,
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
      interest.stop();
      worker.stop();
      logWatch.stop();
      driver.stop();
      link.close();
      await bus.flush();
      await fold.stop();
    },
  };
}
