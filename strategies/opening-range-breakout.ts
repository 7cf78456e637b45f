import {
  type Bar,
  type Denied,
  defineStrategy,
  type Execution,
  formatNewYorkTime,
  type OrderEvent,
  type Plan,
  roundToCent,
  type StrategyContext,
  z,
} from "#libs/strategy-kit/mod.ts";

/**
 * Opening range breakout. The high and low of the first minutes of the session are the range; the first close above
 * it buys (below it sells short, where that is allowed), with a stop inside the range and a target that is a multiple
 * of its height. Nothing is held overnight.
 */

const parametersSchema = z.strictObject({
  /** Minutes after the open that make the range. */
  rangeMinutes: z.number().int().min(1).max(120).default(15),
  /** Share of those minutes of which a bar must have come; with fewer the range is not known and nothing is traded. */
  rangeCoverage: z.number().min(0.5).max(1).default(0.8),
  /** What a stopped-out trade may cost, as a fraction of the strategy's capital. */
  riskFraction: z.number().positive().max(0.05).default(0.005),
  /** Where the stop rests: at the far end of the range, or half-way into it. */
  stop: z.enum(["range-end", "range-middle"]).default("range-middle"),
  /** Distance of the target from the breakout, in heights of the range. */
  targetRanges: z.number().positive().max(10).default(1),
  allowShort: z.boolean().default(false),
  /** Trades a day in one symbol; a second one needs a close back inside the range first. */
  tradesPerSymbol: z.number().int().min(1).max(5).default(1),
  /** Everything is closed this long before the session ends. */
  exitMinutesBeforeClose: z.number().int().min(1).max(120).default(5),
});
type Parameters = z.infer<typeof parametersSchema>;
type Context = StrategyContext<Parameters>;

interface SymbolState {
  readonly high: number | null;
  readonly low: number | null;
  /** Bars of which the range is made. */
  readonly bars: number;
  readonly range: "building" | "known" | "incomplete";
  /** True after a close inside the range: the next close outside is a breakout. */
  readonly armed: boolean;
  /** Entries that were not refused. */
  readonly trades: number;
  readonly entryId: string | null;
  readonly exitId: string | null;
  /** The minutes (epoch milliseconds) in which cancels and the exit were last asked for: once a minute is enough. */
  readonly cancelAskedMs: number;
  readonly exitAskedMs: number;
}
type State = Readonly<Record<string, SymbolState>>;

const FRESH: SymbolState = {
  high: null,
  low: null,
  bars: 0,
  range: "building",
  armed: true,
  trades: 0,
  entryId: null,
  exitId: null,
  cancelAskedMs: 0,
  exitAskedMs: 0,
};

export default defineStrategy({
  name: "opening-range-breakout",
  description: "Buys the first close above the opening range, with a stop in the range and a target beyond it.",
  parameters: parametersSchema,
  bars: ["1m"],

  initial: (plan): State => Object.fromEntries(plan.symbols.map((symbol) => [symbol, FRESH])),

  onBar(state, bar, context) {
    const { session } = context.plan;
    if (bar.startsAt < session.openMs || bar.startsAt >= session.closeMs) return state;
    const symbol = of(state, bar.symbol);
    const next =
      bar.startsAt < rangeEndsAt(context.plan) ? widened(symbol, bar, context) : watched(symbol, bar, context);
    return next === symbol ? state : { ...state, [bar.symbol]: next };
  },

  /** The clock closes what is open, so that a symbol without bars is not forgotten. */
  onClock(state, marketTimeMs, context) {
    const changed: Record<string, SymbolState> = {};
    for (const name of context.plan.symbols) {
      const symbol = of(state, name);
      const next = flattened(symbol, name, context);
      if (next !== symbol) changed[name] = next;
      if (marketTimeMs === context.plan.session.closeMs) tellWhatIsLeft(name, context);
    }
    return Object.keys(changed).length === 0 ? state : { ...state, ...changed };
  },

  onOrderEvent(state, event, context) {
    const symbol = of(state, event.symbol);
    const next = flattened(afterOrderEvent(symbol, event), event.symbol, context);
    return next === symbol ? state : { ...state, [event.symbol]: next };
  },

  onFill(state, fill, context) {
    report(of(state, fill.symbol), fill, context);
    return state;
  },

  onDenied(state, denied) {
    const symbol = of(state, denied.symbol);
    const next = afterDenial(symbol, denied);
    return next === symbol ? state : { ...state, [denied.symbol]: next };
  },
});

const of = (state: State, symbol: string): SymbolState => state[symbol] ?? FRESH;
const rangeEndsAt = ({ session, parameters }: Plan<Parameters>): number =>
  session.openMs + parameters.rangeMinutes * 60_000;
const exitsAt = ({ session, parameters }: Plan<Parameters>): number =>
  session.closeMs - parameters.exitMinutesBeforeClose * 60_000;

/** One more bar of the opening range; the last one makes it known. */
function widened(symbol: SymbolState, bar: Bar, context: Context): SymbolState {
  const high = Math.max(symbol.high ?? bar.high, bar.high);
  const low = Math.min(symbol.low ?? bar.low, bar.low);
  const next = { ...symbol, high, low, bars: symbol.bars + 1 };
  return context.marketTimeMs >= rangeEndsAt(context.plan) ? completed(next, bar.symbol, context) : next;
}

function completed(symbol: SymbolState, name: string, context: Context): SymbolState {
  const { rangeMinutes, rangeCoverage } = context.plan.parameters;
  const known = symbol.high !== null && symbol.low !== null && symbol.bars >= rangeMinutes * rangeCoverage;
  context.signal({
    symbol: name,
    signal: known ? "range-known" : "range-incomplete",
    reason: known
      ? `first ${rangeMinutes} minutes: ${usd(symbol.low)} to ${usd(symbol.high)}, from ${symbol.bars} bars`
      : `${symbol.bars} bars of the first ${rangeMinutes} minutes came; without the range nothing is traded today`,
  });
  return { ...symbol, range: known ? "known" : "incomplete" };
}

/** A bar after the opening range: look for a breakout, or for the time to close. */
function watched(before: SymbolState, bar: Bar, context: Context): SymbolState {
  const symbol = before.range === "building" ? completed(before, bar.symbol, context) : before;
  if (context.marketTimeMs >= exitsAt(context.plan)) return flattened(symbol, bar.symbol, context);
  const { high, low } = symbol;
  if (symbol.range !== "known" || high === null || low === null) return symbol;
  if (bar.close <= high && bar.close >= low) return symbol.armed ? symbol : { ...symbol, armed: true };
  const broken = { ...symbol, armed: false };
  if (bar.backfilled && symbol.armed && mayEnter(symbol, bar.symbol, context)) {
    const reason = `close ${usd(bar.close)} outside the range ${usd(low)} to ${usd(high)}, known only after a gap`;
    context.signal({ symbol: bar.symbol, signal: "breakout-missed", reason });
    return broken;
  }
  if (!symbol.armed || !mayEnter(symbol, bar.symbol, context)) return symbol.armed ? broken : symbol;
  const up = bar.close > high;
  return up || context.plan.parameters.allowShort ? entered(broken, bar, { high, low }, up, context) : broken;
}

/** The ledger decides, not only this state: an order that lives there is never doubled (law 2). */
function mayEnter(symbol: SymbolState, name: string, context: Context): boolean {
  const { plan, marketTimeMs } = context;
  return (
    marketTimeMs >= plan.fromMs &&
    marketTimeMs < plan.untilMs &&
    symbol.trades < plan.parameters.tradesPerSymbol &&
    context.position(name).quantity === 0 &&
    context.orders(name).length === 0
  );
}

function entered(
  symbol: SymbolState,
  bar: Bar,
  { high, low }: { readonly high: number; readonly low: number },
  up: boolean,
  context: Context,
): SymbolState {
  const { parameters } = context.plan;
  const direction = up ? 1 : -1;
  const farEnd = up ? low : high;
  const stopPrice = roundToCent(parameters.stop === "range-end" ? farEnd : (high + low) / 2);
  const limitPrice = roundToCent(bar.close + direction * parameters.targetRanges * (high - low));
  const quantity = sharesFor(bar.close, stopPrice, context.plan);
  const signal = up ? "breakout-up" : "breakout-down";
  const seen = `close ${usd(bar.close)} ${up ? "above" : "below"} the range ${usd(low)} to ${usd(high)}`;
  const sensible =
    (limitPrice - bar.close) * direction > 0 && (bar.close - stopPrice) * direction > 0 && limitPrice > 0;
  if (quantity < 1 || !sensible) {
    const why = sensible ? "the capital is too small for one share" : "the range is too narrow for a stop and a target";
    context.signal({ symbol: bar.symbol, signal, reason: `${seen}; no order: ${why}` });
    return symbol;
  }
  const reason = `${seen}; stop ${usd(stopPrice)}, target ${usd(limitPrice)}`;
  const { clientOrderId } = context.submit({
    symbol: bar.symbol,
    side: up ? "buy" : "sell",
    quantity,
    order: { type: "market" },
    bracket: { stopPrice, limitPrice },
    reason,
  });
  context.signal({ symbol: bar.symbol, signal, reason, clientOrderId });
  return { ...symbol, trades: symbol.trades + 1, entryId: clientOrderId };
}

/** Whole shares: by what a stop may cost, and by an equal share of the capital for each symbol. */
function sharesFor(price: number, stopPrice: number, plan: Plan<Parameters>): number {
  const riskPerShare = Math.abs(price - stopPrice);
  if (riskPerShare === 0) return 0;
  const byRisk = (plan.capitalUsd * plan.parameters.riskFraction) / riskPerShare;
  const byCapital = plan.capitalUsd / plan.symbols.length / price;
  return Math.floor(Math.min(byRisk, byCapital));
}

/**
 * From the exit time on: cancels what rests, then closes what is left by a market order. The protective orders go
 * first and must be known to be gone, or the stop could sell what the exit has sold already.
 */
function flattened(symbol: SymbolState, name: string, context: Context): SymbolState {
  const { plan, marketTimeMs } = context;
  if (marketTimeMs < exitsAt(plan) || marketTimeMs >= plan.session.closeMs) return symbol;
  const minuteMs = Math.floor(marketTimeMs / 60_000) * 60_000;
  const resting = context.orders(name).filter((order) => order.clientOrderId !== symbol.exitId);
  if (resting.length > 0) {
    if (symbol.cancelAskedMs === minuteMs) return symbol;
    for (const order of resting) context.cancel(order.clientOrderId, "the session ends soon");
    return { ...symbol, cancelAskedMs: minuteMs };
  }
  const { quantity } = context.position(name);
  if (quantity === 0 || context.orders(name).length > 0 || symbol.exitAskedMs === minuteMs) return symbol;
  const reason = `flat before the close at ${formatNewYorkTime(plan.session.closeMs)}`;
  const { clientOrderId } = context.submit({
    symbol: name,
    side: quantity > 0 ? "sell" : "buy",
    quantity: Math.abs(quantity),
    order: { type: "market" },
    reason,
  });
  context.signal({ symbol: name, signal: "exit-before-close", reason: `${reason}: ${quantity} shares`, clientOrderId });
  return { ...symbol, exitId: clientOrderId, exitAskedMs: minuteMs };
}

/** A position that outlived the session. */
function tellWhatIsLeft(name: string, context: Context): void {
  const { quantity } = context.position(name);
  if (quantity === 0) return;
  context.alert({
    severity: "critical",
    title: `${context.plan.strategy} still holds ${quantity} ${name} after the close`,
    text: "The exit before the close was not filled. The position stays overnight, without a stop, unless it is closed by hand.",
  });
}

function afterOrderEvent(symbol: SymbolState, event: OrderEvent): SymbolState {
  const { clientOrderId, parentClientOrderId, status, filledQuantity } = event;
  if (parentClientOrderId !== null || clientOrderId === symbol.exitId) return symbol;
  // An entry this state does not know of was asked for just before a crash: it counts.
  const known =
    clientOrderId === symbol.entryId ? symbol : { ...symbol, entryId: clientOrderId, trades: symbol.trades + 1 };
  const nothingCameOfIt = ["canceled", "rejected", "expired", "not-sent"].includes(status) && filledQuantity === 0;
  return nothingCameOfIt ? withoutEntry(known) : known;
}

function afterDenial(symbol: SymbolState, { clientOrderId }: Denied): SymbolState {
  if (clientOrderId === symbol.exitId) return { ...symbol, exitId: null };
  return clientOrderId === symbol.entryId ? withoutEntry(symbol) : symbol;
}

const withoutEntry = (symbol: SymbolState): SymbolState => ({
  ...symbol,
  entryId: null,
  trades: Math.max(0, symbol.trades - 1),
});

function report(symbol: SymbolState, fill: Execution, context: Context): void {
  const { clientOrderId, price, quantity, side } = fill;
  if (clientOrderId === null || clientOrderId === symbol.entryId || clientOrderId === symbol.exitId) return;
  const signal = clientOrderId.endsWith("-sl")
    ? "stopped-out"
    : clientOrderId.endsWith("-tp")
      ? "target-reached"
      : null;
  if (signal === null) return;
  const reason = `${side === "sell" ? "sold" : "bought back"} ${quantity} at ${usd(price)}`;
  context.signal({ symbol: fill.symbol, signal, reason, clientOrderId });
}

const usd = (price: number | null): string => (price === null ? "unknown" : price.toFixed(2));
