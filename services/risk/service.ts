import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { LedgerFold } from "#libs/bus/mod.ts";
import {
  approvedMessage,
  assessMessage,
  CONTROL_VERBS,
  clockMessage,
  closeOutMessage,
  controlMessage,
  dayTradesMessage,
  deniedMessage,
  fillMessage,
  intentMessage,
  limitUseMessage,
  orderEventMessage,
  planLimitsMessage,
  quoteMessage,
  riskStateMessage,
} from "#libs/contracts/mod.ts";
import type { HealthReport, Service, ServiceContext } from "#libs/service/mod.ts";
import { monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { BrokerWord } from "./broker-word.ts";
import { LEDGER_WENT_BACKWARDS } from "./checks/ledger-behind.ts";
import { CloseOutKeeper } from "./close-out/keeper.ts";
import { dayTradeReport } from "./day-trades/report.ts";
import { DecisionDesk, type DeskOptions } from "./decision-desk.ts";
import { dayResult } from "./evaluate/day-result.ts";
import { assess } from "./evaluate/evaluate.ts";
import { type Moment, openOrderCount, type RiskView } from "./evaluate/view.ts";
import { LedgerProgress } from "./ledger-progress.ts";
import { limitsFrom, loosenedBy, tightened } from "./limits.ts";
import { command } from "./operator.ts";
import { PlanFile } from "./plan-file.ts";
import { tripActionsFrom } from "./post-trade/actions.ts";
import { DayPeak } from "./post-trade/day-peak.ts";
import { LimitWatch } from "./post-trade/limit-watch.ts";
import { QuoteBoard } from "./quote-board.ts";
import { Reservations } from "./reservations.ts";
import { applyTo } from "./state/apply.ts";
import { type Book, emptyBook } from "./state/book.ts";
import { heldQuantity } from "./state/positions.ts";
import { BOOK_VERSION, loadBook, saveBook } from "./state/snapshot.ts";
import { sessionDayOf } from "./state/trading-days.ts";
import { TradingControl } from "./trading-control.ts";
import { usesOf, Watch } from "./watch.ts";

/** A relative path of the settings starts at the project folder, wherever the process was started. */
const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** Machine time: a loss is noticed within a quarter of a second at any speed of the market's clock. */
const LOOK_INTERVAL_MS = 250;
/** Limit uses and the gameplan file are looked at once in this many looks. */
const SLOW_LOOK_EVERY = 4;

export type RiskOptions = Pick<DeskOptions, "newsMs">;

/** The risk service on a bus: resolves when it has read the ledger to its end and answers intents. */
export async function startRisk(context: ServiceContext<"risk">, options: RiskOptions = {}): Promise<Service> {
  const { bus, calendar, clock, logger, mode, settings } = context;
  const configured = limitsFrom(settings);
  const quotes = new QuoteBoard();
  const reservations = new Reservations();
  const progress = new LedgerProgress();
  const planFile = new PlanFile(resolve(PROJECT, settings.gameplanPath));
  const peak = new DayPeak();
  const brokerWord = new BrokerWord();
  // The plan may be unusable at this start: what the last one tightened stays tight (law 6).
  let planLimits = (await bus.lastValue(planLimitsMessage, []))?.data ?? {};
  let limits = tightened(configured, { limits: planLimits });
  let usesChanged = true;

  const now = (): Moment => ({ marketMs: clock.nowMs() ?? null, monotonicMs: monotonicNowMs(), wallMs: wallNowMs() });
  bus.subscribe(quoteMessage, (envelope) => quotes.take(envelope.data));
  let clockDriftMs: number | null = null;
  bus.subscribe(clockMessage, ({ data }) => {
    clockDriftMs = data.driftMs;
  });
  clockDriftMs ??= (await bus.lastValue(clockMessage, []))?.data.driftMs ?? null;

  const fold = await LedgerFold.open<Book>(bus, {
    service: "risk",
    stateVersion: BOOK_VERSION,
    initial: emptyBook,
    apply: applyTo(calendar),
    save: saveBook,
    load: loadBook,
    onLive: (event) => {
      const approved = event.as(approvedMessage);
      const decided = approved ?? event.as(deniedMessage);
      if (decided) desk.onRecorded(decided.data.intent.clientOrderId);
      if (event.as(riskStateMessage)) control.onRecorded();
      const closeOut = event.as(closeOutMessage);
      if (closeOut) keeper.onRecorded(closeOut.data);
      if (approved || event.as(orderEventMessage) || event.as(fillMessage)) usesChanged = true;
    },
  });
  const view = (): RiskView => ({
    book: fold.state,
    reserved: reservations.orders,
    reservedRecent: reservations.recent,
    peakDayProfit: peak.of(fold.state),
    trading: control.current,
    limits,
    plan: planFile.view,
    calendar,
    mode,
    quoteOf: (symbol) => quotes.of(symbol),
    hasSettled: (symbol) => brokerWord.hasSettled(fold.state, symbol, monotonicNowMs()),
    clockDriftMs,
    ledgerBehind: progress.behind(fold.sequence, monotonicNowMs()),
  });
  const control = new TradingControl({ bus, recorded: () => fold.state.trading, view, now });
  const desk = new DecisionDesk({
    newsMs: options.newsMs,
    bus,
    reservations,
    view,
    now,
    readLedger: () => fold.catchUp(),
    onStored: (sequence) => progress.expect(sequence, monotonicNowMs()),
  });

  const keeper = new CloseOutKeeper({ bus, view, now, decide: (request) => desk.decide(request) });

  const failed = (what: string) => (error: unknown) => logger.error({ error: String(error) }, what);

  async function refreshPlan(): Promise<void> {
    const isNews = await planFile.refresh();
    const plan = planFile.view;
    // A plan that can no longer be read loosens nothing: what it tightened stays tight, also over a restart.
    if (plan.known) {
      limits = tightened(configured, plan.plan);
      if (!isDeepStrictEqual(planLimits, plan.plan.limits)) await bus.record(planLimitsMessage, [], plan.plan.limits);
      planLimits = plan.plan.limits;
    }
    if (!isNews) return;
    if (!plan.known) {
      await bus.alert({
        severity: "warning",
        code: "GAMEPLAN_UNUSABLE",
        title: "Risk has no gameplan: strategies may open nothing",
        text: `${settings.gameplanPath} ${plan.why}`.slice(0, 2000),
        fields: [],
      });
      return;
    }
    const loosened = loosenedBy(configured, plan.plan);
    if (loosened.length === 0) return;
    await bus.alert({
      severity: "warning",
      code: "GAMEPLAN_LOOSENS_LIMIT",
      title: "The gameplan asks for looser limits than the configured ones, which stay in force",
      text: `${settings.gameplanPath}: ${loosened.join("; ")}. A gameplan may tighten a limit, never loosen it.`,
      fields: [],
    });
  }

  async function fence(): Promise<void> {
    progress.fence(await control.recordFigures(), monotonicNowMs());
  }

  // A ledger that went backwards may have lost orders, fills and halts: no entry until the operator has looked.
  if (!fold.integrity.ok) {
    const { remembered, found, lost } = fold.integrity;
    const reason = `the ledger ends at ${found}, this service had read it to ${remembered}; ${lost} messages are reported lost`;
    const { tradingState } = control.current;
    await control.change(tradingState === "halted" ? "halted" : "reducing", LEDGER_WENT_BACKWARDS, reason);
    await bus.alert({
      severity: "critical",
      code: LEDGER_WENT_BACKWARDS,
      title: "The ledger lost messages: entries are stopped",
      text: `${reason}. Stop the platform (\`npm stop\`), put the newest backup of the store folder of this mode back in place, and start again. If the loss is understood and the positions are right, \`npx crucible resume --reason TEXT --override ${LEDGER_WENT_BACKWARDS}\` instead.`,
      fields: [
        { name: "remembered", value: String(remembered) },
        { name: "found", value: String(found) },
        { name: "lost", value: String(lost) },
      ],
    });
  }

  await refreshPlan();
  for (const [symbol, entry] of fold.state.symbols) {
    if (heldQuantity(entry) === 0) continue;
    const stored = await bus.lastValue(quoteMessage, [symbol]);
    if (stored) quotes.takeStored(stored.data);
  }
  const stored = await Promise.all(usesOf(view()).map(({ name }) => bus.lastValue(limitUseMessage, [name])));
  const recordedUses = stored.filter((envelope) => envelope !== null);
  const recorded = recordedUses.map(({ data, marketTime }) => ({
    ...data,
    tradingDay: marketTime === null ? null : sessionDayOf(calendar, marketTime),
  }));
  const actions = tripActionsFrom(settings);
  const limitWatch = new LimitWatch({ bus, control, view, now, actions, closeOut: keeper, recordedUses: recorded });
  const closeOutRuns = () => keeper.isRunning;
  const watch = new Watch({ bus, control, peak, view, now, limits: limitWatch, closeOutRuns, recordedUses: recorded });

  const unsubscribe = bus.onChange((up) => {
    if (!up) progress.lost();
    else fence().catch(failed("the figures could not be recorded after the bus came back"));
  });
  bus.serve(intentMessage, [], (request) => desk.decide(request));
  for (const verb of CONTROL_VERBS.risk) {
    bus.serve(controlMessage, ["risk", verb], (request) => command(verb, request.data, { control, keeper, view }));
  }
  bus.serve(assessMessage, [], ({ data, publishedAt }) => {
    const { evaluation, isExit, checks } = assess(data, view(), now(), { askedAtMs: publishedAt });
    return {
      outcome: evaluation.outcome,
      isExit,
      checks: checks.map(({ code, verdict, detail, room }) => ({ code, verdict, detail, room })),
    };
  });
  bus.serve(dayTradesMessage, [], () => dayTradeReport(view()));

  // Whoever is told that this service is ready must find it answering.
  await bus.connection.flush();

  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    brokerWord.look(fold.state, monotonicNowMs());
    watch.look().catch(failed("looking at the limits failed; the next look tries again"));
    keeper.look().catch(failed("a look at the way out failed; the next look tries again"));
    if (looks % SLOW_LOOK_EVERY !== 0) return;
    refreshPlan().catch(failed("the gameplan could not be refreshed"));
    if (!usesChanged || !bus.up) return;
    usesChanged = false;
    watch.recordUses().catch(failed("the use of the limits could not be recorded"));
  }, LOOK_INTERVAL_MS);

  return {
    health: () => healthOf(view(), now(), bus.up),
    async stop() {
      clearInterval(timer);
      unsubscribe();
      await fold.stop();
    },
  };
}

function healthOf(view: RiskView, now: Moment, busUp: boolean): HealthReport {
  const lacks = [
    ...(busUp ? [] : ["the bus"]),
    ...(view.ledgerBehind === null ? [] : [`the newest of the ledger (${view.ledgerBehind})`]),
    ...(now.marketMs === null ? ["the market's time"] : []),
    ...(view.book.account === null ? ["the account's figures"] : []),
    ...(view.plan.known ? [] : [`a gameplan (it ${view.plan.why})`]),
  ];
  const { trading, book } = view;
  const result = dayResult(view);
  const uses = usesOf(view);
  return {
    status: lacks.length === 0 ? "ok" : "degraded",
    detail:
      lacks.length > 0
        ? `lacks ${lacks.join(", ")}`
        : trading.tradingState === "active"
          ? ""
          : `trading is ${trading.tradingState}, set by ${trading.setBy}: ${trading.reason}`,
    figures: {
      "trading state": trading.tradingState,
      "day P&L": result === null ? "unknown" : Number(result.profit.toFixed(2)),
      "open orders": openOrderCount(view),
      "day trades": uses.find(({ name }) => name === "day-trades")?.used ?? 0,
      positions: [...book.symbols.values()].filter((entry) => heldQuantity(entry) !== 0).length,
    },
  };
}
