import { evaluate } from "../../services/risk/evaluate/evaluate.ts";
import { intent, LIMITS, World } from "../../services/risk/testing/world.ts";
import { type Distribution, distributionOf } from "./figures.ts";

const POSITIONS = 50;
const OPEN_ORDERS = 200;
const EXECUTIONS = 200;
const SYMBOLS = Array.from({ length: POSITIONS }, (_, at) => `S${at}`);
/** Evaluations measured as one: a single one is shorter than the clock is fine. */
const BATCH = 50;
const WARM_UP_BATCHES = 400;

/** Microseconds of one evaluation, by what is asked and by the day-trading rule in force. */
export type RiskEvaluation = Readonly<
  Record<
    string,
    {
      /** Means of batches, by the clock: whatever else the machine does is in them. */
      readonly byClock: Distribution;
      /** The mean by the CPU time of the process, the collection of garbage in. */
      readonly byCpu: number;
    }
  >
>;

/**
 * How long risk takes to decide on one order with 50 positions, 200 open orders and 200 executions of history in its
 * book: the pure function alone, without bus and ledger. Every answer is looked at: an evaluation that decided
 * otherwise than it should would measure something else.
 */
export function measureRiskEvaluation(batches: number, warmUpBatches = WARM_UP_BATCHES): RiskEvaluation {
  const figures: Record<string, RiskEvaluation[string]> = {};
  for (const regime of ["pattern-day-trader", "intraday-margin"] as const) {
    const world = busyWorld(regime);
    const entry = {
      strategy: "operator",
      symbol: "S7",
      quantity: 3,
      order: { type: "limit", limitPrice: 100 },
    } as const;
    const cases = {
      // Under the old rule an entry that is to be closed today would be one day trade too many here.
      "entry approved": { wanted: intent({ ...entry, holdOvernight: true }), outcome: "approved" },
      "entry denied": { wanted: intent({ ...entry, quantity: 4000 }), outcome: "denied" },
      "exit approved": { wanted: intent({ ...entry, side: "sell", quantity: 2 }), outcome: "approved" },
    } as const;
    for (const [name, { wanted, outcome }] of Object.entries(cases)) {
      const view = world.view();
      const now = world.now();
      const microseconds: number[] = [];
      let cpuBefore = process.cpuUsage();
      for (let batch = 0; batch < warmUpBatches + batches; batch += 1) {
        if (batch === warmUpBatches) cpuBefore = process.cpuUsage();
        const begunMs = performance.now();
        for (let turn = 0; turn < BATCH; turn += 1) {
          const evaluation = evaluate(wanted, view, now);
          if (evaluation.outcome !== outcome) throw new Error(`${name}: ${JSON.stringify(evaluation)}`);
        }
        if (batch >= warmUpBatches) microseconds.push(((performance.now() - begunMs) * 1000) / BATCH);
      }
      const { user, system } = process.cpuUsage(cpuBefore);
      figures[`${name}, ${regime}`] = {
        byClock: distributionOf(microseconds),
        byCpu: (user + system) / (batches * BATCH),
      };
    }
  }
  return figures;
}

/**
 * A full book: every position was built by executions of today, every open order waits at its limit. All of it is to be
 * held overnight: 200 openings that may be closed today would leave no day trade to foresee.
 */
function busyWorld(regime: "pattern-day-trader" | "intraday-margin"): World {
  const world = new World({ netLiquidation: 1_000_000, previousDayEquity: 24_000 });
  world.limits = {
    ...LIMITS,
    dayTradeRegime: "off",
    maxOpenOrders: 500,
    maxGrossExposureFraction: 4,
    maxNetExposureFraction: 4,
    maxOpenOrderNotionalFraction: 4,
  };
  for (const symbol of SYMBOLS) world.quote(symbol, 100);
  for (let n = 0; n < EXECUTIONS; n += 1) {
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
  world.limits = { ...world.limits, dayTradeRegime: regime };
  if (world.book.orders.size !== OPEN_ORDERS) throw new Error(`${world.book.orders.size} open orders`);
  return world;
}
