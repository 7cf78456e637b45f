import { evaluate } from "../../services/risk/evaluate/evaluate.ts";
import type { OpenOrder } from "../../services/risk/state/book.ts";
import { putOrder } from "../../services/risk/state/working.ts";
import { intent, LIMITS, World } from "../../services/risk/testing/world.ts";
import { type Distribution, distributionOf } from "./figures.ts";

/** What an evaluation may take, microseconds. */
export const BUDGET_US = 20;

const POSITIONS = 50;
const OPEN_ORDERS = 200;
const EXECUTIONS = 200;
/** Read from JSON, as every symbol of the bus is: such short texts are compared by their address. */
const SYMBOLS: readonly string[] = JSON.parse(JSON.stringify(Array.from({ length: POSITIONS }, (_, at) => `S${at}`)));
/** The trading days that day trades are counted in; the last one is today. */
const DAYS = ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-27", "2026-11-30"];
/** Evaluations of which each takes the next symbol. */
const BATCH = POSITIONS;
const WARM_UP_BATCHES = 200;

/** Microseconds of one evaluation, by what is asked and by the day-trading rule in force. */
export type RiskEvaluation = Readonly<Record<string, EvaluationTime>>;

export interface EvaluationTime {
  /** Of single evaluations, by the clock: whatever else the machine does is in them, and the collection of garbage. */
  readonly byClock: Distribution;
  /** The mean by the CPU time of the process, the collection of garbage in, and a microsecond for reading it. */
  readonly byCpu: number;
  /** Part of the evaluations that took less than {@link BUDGET_US} by the clock. */
  readonly withinBudget: number;
}

/**
 * How long risk takes to decide on one order with 50 positions, 200 open orders and 200 executions of history in its
 * book: the pure function alone, without bus and ledger. Nothing stands still as between two orders of a trading day:
 * before each evaluation every symbol has a new quote and an order of the judged symbol has changed. Every answer is
 * looked at: an evaluation that decided otherwise than it should would measure something else.
 */
export function measureRiskEvaluation(batches: number, warmUpBatches = WARM_UP_BATCHES): RiskEvaluation {
  const figures: Record<string, EvaluationTime> = {};
  for (const regime of ["pattern-day-trader", "intraday-margin"] as const) {
    const world = busyWorld(regime);
    const entry = { strategy: "operator", quantity: 3, order: { type: "limit", limitPrice: 100 } } as const;
    const cases = {
      // Under the old rule an entry that is to be closed today would be one day trade too many here.
      "entry approved": { asked: { ...entry, holdOvernight: true }, outcome: "approved" },
      "entry denied": { asked: { ...entry, quantity: 4000 }, outcome: "denied" },
      "exit approved": { asked: { ...entry, side: "sell", quantity: 2 }, outcome: "approved" },
    } as const;
    for (const [name, { asked, outcome }] of Object.entries(cases)) {
      const wanted = SYMBOLS.map((symbol) => intent({ ...asked, symbol }));
      const view = world.view();
      const now = world.now();
      const microseconds: number[] = [];
      let cpu = 0;
      for (let batch = 0; batch < warmUpBatches + batches; batch += 1) {
        for (const one of wanted) {
          stir(world, one.symbol);
          const cpuBefore = process.cpuUsage();
          const begunMs = performance.now();
          const evaluation = evaluate(one, view, now);
          const tookMs = performance.now() - begunMs;
          const { user, system } = process.cpuUsage(cpuBefore);
          if (evaluation.outcome !== outcome) throw new Error(`${name}: ${JSON.stringify(evaluation)}`);
          if (batch < warmUpBatches) continue;
          microseconds.push(tookMs * 1000);
          cpu += user + system;
        }
      }
      figures[`${name}, ${regime}`] = {
        byClock: distributionOf(microseconds),
        byCpu: cpu / (batches * BATCH),
        withinBudget: microseconds.filter((us) => us < BUDGET_US).length / microseconds.length,
      };
    }
  }
  return figures;
}

/** A moment later: every quote is a new one, and an order of the symbol has been told of. */
function stir(world: World, symbol: string): void {
  for (const [name, quote] of world.quotes) {
    const last = quote.last === 100 ? 100.01 : 100;
    world.quotes.set(name, { ...quote, bid: last, ask: last, last });
  }
  const order = world.book.working.get(symbol)?.orders[0] as OpenOrder;
  putOrder(world.book, { ...order, status: order.status === "accepted" ? "submitted" : "accepted" });
}

/**
 * A full book: every position was built by executions of the last five trading days, every open order waits at its
 * limit. All of it is to be held overnight: openings that may be closed today would leave no day trade to foresee.
 */
function busyWorld(regime: "pattern-day-trader" | "intraday-margin"): World {
  const world = new World();
  const tag = regime === "pattern-day-trader" ? 3 : -1;
  const account = {
    netLiquidation: 1_000_000,
    buyingPower: 4_000_000,
    previousDayEquity: 24_000,
    dayTradesRemaining: [tag, tag, tag, tag, tag],
  };
  world.limits = {
    ...LIMITS,
    dayTradeRegime: "off",
    maxOpenOrders: 500,
    maxGrossExposureFraction: 4,
    maxNetExposureFraction: 4,
    maxOpenOrderNotionalFraction: 4,
  };
  for (let n = 0; n < EXECUTIONS; n += 1) {
    const aDay = EXECUTIONS / DAYS.length;
    if (n % aDay === 0) {
      const tradingDay = DAYS[n / aDay] ?? "";
      world.setTime(tradingDay, "10:00");
      world.summary(account);
      for (const symbol of SYMBOLS) world.quote(symbol, 100);
      world.riskState({ tradingDay, openingPrices: Object.fromEntries(SYMBOLS.map((symbol) => [symbol, 100])) });
    }
    const symbol = SYMBOLS[n % POSITIONS] ?? "S0";
    world.trade("buy", 1, { strategy: "operator", symbol, holdOvernight: true });
  }
  for (let n = 0; n < OPEN_ORDERS; n += 1) {
    const symbol = SYMBOLS[n % POSITIONS] ?? "S0";
    const order = intent({
      strategy: "operator",
      symbol,
      holdOvernight: true,
      quantity: 1 + Math.floor(n / POSITIONS),
      order: { type: "limit", limitPrice: 90 },
    });
    const { outcome } = world.decide(order);
    if (outcome !== "approved") throw new Error(`open order ${n} is denied`);
  }
  world.monotonicMs += 2500;
  for (const symbol of SYMBOLS) world.quote(symbol, 100);
  world.limits = { ...world.limits, dayTradeRegime: "auto" };
  if (world.book.orders.size !== OPEN_ORDERS) throw new Error(`${world.book.orders.size} open orders`);
  return world;
}
