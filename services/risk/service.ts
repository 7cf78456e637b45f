import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LedgerFold } from "#libs/bus/mod.ts";
import {
  approvedMessage,
  CONTROL_VERBS,
  controlMessage,
  fillMessage,
  intentMessage,
  limitUseMessage,
  orderEventMessage,
  quoteMessage,
  riskStateMessage,
} from "#libs/contracts/mod.ts";
import type { HealthReport, Service, ServiceContext } from "#libs/service/mod.ts";
import { monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { LEDGER_WENT_BACKWARDS } from "./checks/ledger-behind.ts";
import { DecisionDesk } from "./decision-desk.ts";
import { dayResult } from "./evaluate/day-result.ts";
import { type Moment, openOrders, type RiskView } from "./evaluate/view.ts";
import { LedgerProgress } from "./ledger-progress.ts";
import { limitsFrom, loosenedBy, tightened } from "./limits.ts";
import { command } from "./operator.ts";
import { PlanFile } from "./plan-file.ts";
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

/** The risk service on a bus: resolves when it has read the ledger to its end and answers intents. */
export async function startRisk(context: ServiceContext<"risk">): Promise<Service> {
  const { bus, calendar, clock, logger, mode, settings } = context;
  const configured = limitsFrom(settings);
  const quotes = new QuoteBoard();
  const reservations = new Reservations();
  const progress = new LedgerProgress();
  const planFile = new PlanFile(resolve(PROJECT, settings.gameplanPath));
  let limits = configured;
  let usesChanged = true;

  const now = (): Moment => ({ marketMs: clock.nowMs() ?? null, monotonicMs: monotonicNowMs(), wallMs: wallNowMs() });
  bus.subscribe(quoteMessage, (envelope) => quotes.take(envelope.data));

  const fold = await LedgerFold.open<Book>(bus, {
    service: "risk",
    stateVersion: BOOK_VERSION,
    initial: emptyBook,
    apply: applyTo(calendar),
    save: saveBook,
    load: loadBook,
    onLive: (event) => {
      const approved = event.as(approvedMessage);
      if (approved) desk.onApproved(approved.data.intent.clientOrderId);
      if (event.as(riskStateMessage)) control.onRecorded();
      if (approved || event.as(orderEventMessage) || event.as(fillMessage)) usesChanged = true;
    },
  });
  const view = (): RiskView => ({
    book: fold.state,
    reserved: reservations.orders,
    reservedEntries: reservations.entries,
    trading: control.current,
    limits,
    plan: planFile.view,
    calendar,
    mode,
    quoteOf: (symbol) => quotes.of(symbol),
    ledgerBehind: progress.behind(fold.sequence, monotonicNowMs()),
  });
  const control = new TradingControl({ bus, recorded: () => fold.state.trading, view, now });
  const desk = new DecisionDesk({
    bus,
    reservations,
    view,
    now,
    onStored: (sequence) => progress.expect(sequence, monotonicNowMs()),
  });

  const failed = (what: string) => (error: unknown) => logger.error({ error: String(error) }, what);

  async function refreshPlan(): Promise<void> {
    if (!(await planFile.refresh())) return;
    const plan = planFile.view;
    // A plan that can no longer be read loosens nothing: what it tightened stays tight.
    if (plan.known) limits = tightened(configured, plan.plan);
    else {
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
      text: `${loosened.join(", ")} of ${settings.gameplanPath}: a gameplan may tighten a limit, never loosen it.`,
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
    if (control.current.tradingState !== "halted") await control.change("reducing", LEDGER_WENT_BACKWARDS, reason);
    await bus.alert({
      severity: "critical",
      code: LEDGER_WENT_BACKWARDS,
      title: "The ledger lost messages: entries are stopped",
      text: `${reason}. Stop the platform, restore the newest backup of the store with the restore command, and start again. If the loss is understood and positions are right, resume risk instead.`,
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
  const recordedAtMs = recordedUses.find((envelope) => envelope.data.name === "daily-loss")?.marketTime ?? null;
  const watch = new Watch({
    bus,
    control,
    view,
    now,
    recordedUses: recordedUses.map((envelope) => envelope.data),
    recordedDay: recordedAtMs === null ? null : sessionDayOf(calendar, recordedAtMs),
  });

  const unsubscribe = bus.onChange((up) => {
    if (!up) progress.lost();
    else fence().catch(failed("the figures could not be recorded after the bus came back"));
  });
  bus.serve(intentMessage, [], (request) => desk.decide(request));
  for (const verb of CONTROL_VERBS.risk) {
    bus.serve(controlMessage, ["risk", verb], (request) => command(verb, request.data.reason, control, view()));
  }

  // Whoever is told that this service is ready must find it answering.
  await bus.connection.flush();

  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    watch.look().catch(failed("looking at the limits failed; the next look tries again"));
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
  let orders = 0;
  for (const _ of openOrders(view)) orders += 1;
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
      "open orders": orders,
      "day trades": uses.find(({ name }) => name === "day-trades")?.used ?? 0,
      positions: [...book.symbols.values()].filter((entry) => heldQuantity(entry) !== 0).length,
    },
  };
}
