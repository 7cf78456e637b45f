import type { Bar, ClientOrderId, Decision, DenyReason, OrderIntent, StrategyStatus } from "#libs/contracts/mod.ts";
import { type Action, type History, type OrderView, type StrategyEvent, takeStep } from "#libs/strategy-kit/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import { barEndsAt } from "./bar-end.ts";
import type { LedgerFact } from "./book.ts";
import { failed, handlerOf, occasionOf } from "./failure.ts";
import { planRefusal } from "./plan-limits.ts";
import type { Effect, PendingOrder, Run, RunEvent, RunMemory } from "./run.ts";

export interface Advanced {
  readonly run: Run;
  readonly effects: readonly Effect[];
}

const MINUTE_MS = 60_000;
/** Minutes that passed unseen are told one by one up to this many; after a longer gap only the newest ones. */
const MINUTES_MADE_UP_MAX = 60;
/** A strategy that is refused this often without one order approved is asking in a loop. */
const DENIED_IN_A_ROW_MAX = 100;

/**
 * The next run and what the world must do, for one event. Pure: the same run and event give the same answer, so a
 * strategy that was restored from its snapshot goes on as if nothing had happened.
 */
export function advance(run: Run, event: RunEvent): Advanced {
  switch (event.type) {
    case "bar":
      return onBar(run, event.bar, event);
    case "quote":
      return onQuote(run, event);
    case "history":
      return onHistory(run, event.history, event);
    case "clock":
      return onMinutes(run, event.marketTimeMs, event);
    case "fact":
      return onFact(run, event);
    case "decision":
      return onDecision(run, event.decision, event);
    case "refused":
      return onRefused(run, event.clientOrderId, event.reasons, event);
    case "undecided":
      return withPending(run, event.clientOrderId, (order) => ({ ...order, stage: "undecided" }));
  }
}

function onBar(run: Run, bar: Bar, event: RunEvent): Advanced {
  const { plan, definition, memory } = run;
  if (!plan.symbols.includes(bar.symbol) || !(definition.bars ?? ["1m"]).includes(bar.interval)) return idle(run);
  // The newest stored bar is read at every start and return of the bus: it may be yesterday's, or known already.
  if (tradingDayOf(bar.startsAt) !== plan.tradingDay) return idle(run);
  const key = `${bar.interval} ${bar.symbol}`;
  if (bar.startsAt <= (memory.bars[key] ?? 0)) return idle(run);
  const seen = remember(run, {
    bars: { ...memory.bars, [key]: bar.startsAt },
    prices: { ...memory.prices, [bar.symbol]: bar.close },
  });
  const endsAtMs = barEndsAt(bar, plan.session);
  const told = step(seen, { type: "bar", bar }, { ...event, marketTimeMs: endsAtMs });
  return then(told, (next) => onMinutes(next, endsAtMs, event));
}

/** Told once a symbol; a bar of it that is also published live is not told a second time. */
function onHistory(run: Run, history: History, event: RunEvent): Advanced {
  const { symbol, interval, bars } = history;
  const { memory } = run;
  if (!memory.awaits.includes(symbol)) return idle(run);
  const key = `${interval} ${symbol}`;
  const newest = Math.max(memory.bars[key] ?? 0, bars.at(-1)?.startsAt ?? 0);
  const seen = remember(run, {
    awaits: memory.awaits.filter((one) => one !== symbol),
    bars: newest === 0 ? memory.bars : { ...memory.bars, [key]: newest },
  });
  return withSave(step(seen, { type: "history", history }, event));
}

function onQuote(run: Run, event: RunEvent & { type: "quote" }): Advanced {
  const { quote, marketTimeMs } = event;
  if (!run.plan.symbols.includes(quote.symbol)) return idle(run);
  const price = quote.last ?? quote.ask ?? quote.bid;
  const seen = price === null ? run : remember(run, { prices: { ...run.memory.prices, [quote.symbol]: price } });
  const minutes = onMinutes(seen, marketTimeMs, event);
  return then(minutes, (next) => step(next, { type: "quote", quote }, event));
}

/** Tells each whole minute once, in order, whatever brought the time; nothing here asks the machine's clock. */
function onMinutes(run: Run, marketTimeMs: number, event: RunEvent): Advanced {
  const newest = Math.floor(marketTimeMs / MINUTE_MS) * MINUTE_MS;
  if (newest <= run.memory.minuteMs || tradingDayOf(newest) !== run.plan.tradingDay) return idle(run);
  const afterLast = run.memory.minuteMs === 0 ? newest : run.memory.minuteMs + MINUTE_MS;
  let result = idle(run);
  for (let at = Math.max(afterLast, newest - (MINUTES_MADE_UP_MAX - 1) * MINUTE_MS); at <= newest; at += MINUTE_MS) {
    result = then(result, (next) => {
      const status = statusAt(next, at);
      const told = step(
        remember(next, { minuteMs: at, status }),
        { type: "clock", marketTimeMs: at },
        { ...event, marketTimeMs: at },
      );
      return status === next.memory.status ? told : withSave(told);
    });
  }
  return result;
}

function onFact(run: Run, event: RunEvent & { type: "fact" }): Advanced {
  const { fact, sequence, book, news } = event;
  if (sequence <= run.memory.lastSequence) return idle(run);
  const seen = remember(run, { lastSequence: sequence, book });
  if (!news) return idle(seen);
  if (fact.type === "denied") {
    const { intent, reasons } = fact.denial;
    return withSave(onRefused(seen, intent.clientOrderId, reasons, event));
  }
  const told = fact.type === "order-event" ? withoutPending(seen, fact.event.clientOrderId) : seen;
  const strategyEvent = eventOf(fact);
  return withSave(strategyEvent === undefined ? idle(told) : step(told, strategyEvent, event));
}

function eventOf(fact: Exclude<LedgerFact, { type: "denied" }>): StrategyEvent | undefined {
  if (fact.type === "order-event") return fact;
  return fact.fill.kind === "execution" ? { type: "fill", fill: fact.fill } : undefined;
}

function onDecision(run: Run, decision: Decision, event: RunEvent): Advanced {
  if (decision.outcome === "denied") return onRefused(run, decision.clientOrderId, decision.reasons, event);
  const approved = withPending(run, decision.clientOrderId, (order) => ({ ...order, stage: "approved" }));
  return { ...approved, run: remember(approved.run, { deniedInARow: 0 }) };
}

/** A refusal is told once, whether the reply, the ledger or this service's own check brings it first. */
function onRefused(run: Run, clientOrderId: ClientOrderId, reasons: readonly DenyReason[], event: RunEvent): Advanced {
  const order = run.memory.pending[clientOrderId];
  if (order === undefined) return idle(run);
  const deniedInARow = run.memory.deniedInARow + 1;
  const seen = remember(withoutPending(run, clientOrderId), { deniedInARow });
  const { symbol, side, quantity } = order.intent;
  const denied = { clientOrderId, symbol, side, quantity, reasons };
  const told = withSave(step(seen, { type: "denied", denied }, event));
  if (deniedInARow < DENIED_IN_A_ROW_MAX || told.run.memory.status === "failed") return told;
  const loop = new Error(`${deniedInARow} orders in a row were refused, the last for ${reasons[0]?.code}`);
  const stopped = failed(told.run, loop, "onDenied", `denial of ${clientOrderId}`);
  return { run: stopped.run, effects: [...told.effects.filter((effect) => effect.type !== "ask"), ...stopped.effects] };
}

/** Runs the handler, if the strategy is not stopped, and turns what it asked for into effects. */
function step(run: Run, strategyEvent: StrategyEvent, event: RunEvent): Advanced {
  const { definition, plan, memory } = run;
  if (memory.status === "failed") return idle(run);
  try {
    const { state, actions, orderNumber } = takeStep(definition, memory.state, strategyEvent, {
      plan,
      marketTimeMs: event.marketTimeMs,
      positions: memory.book.positions,
      orders: workingOrders(memory),
      orderNumber: memory.orderNumber,
    });
    if (state === memory.state && actions.length === 0) return idle(run);
    const result = carryOut(remember(run, { state, orderNumber }), actions, event);
    const ahead = result.effects.some((effect) => effect.type === "ask" || effect.type === "refused");
    return { run: result.run, effects: [{ type: ahead ? "save-ahead" : "save" }, ...result.effects] };
  } catch (error) {
    return failed(run, error, handlerOf(strategyEvent), occasionOf(strategyEvent, event.marketTimeMs));
  }
}

function carryOut(run: Run, actions: readonly Action[], event: RunEvent): Advanced {
  return actions.reduce((result, action) => then(result, (next) => act(next, action, event)), idle(run));
}

function act(run: Run, action: Action, event: RunEvent): Advanced {
  const { strategy } = run.plan;
  const { causedBy } = event;
  switch (action.type) {
    case "submit":
      return submit(run, action.intent, event);
    case "cancel":
      return {
        run,
        effects: [{ type: "cancel", clientOrderId: action.clientOrderId, reason: action.reason, causedBy }],
      };
    case "signal": {
      const clientOrderId = action.signal.clientOrderId ?? null;
      return signalled(run, { ...action.signal, strategy, clientOrderId }, causedBy);
    }
    case "alert": {
      const alert = { ...action.alert, code: "STRATEGY_NOTICE", fields: [{ name: "strategy", value: strategy }] };
      return { run, effects: [{ type: "alert", alert, causedBy }] };
    }
  }
}

function submit(run: Run, intent: OrderIntent, event: RunEvent): Advanced {
  const { clientOrderId, symbol } = intent;
  const refusal = planRefusal(run, intent, event.marketTimeMs);
  const reasons = refusal === undefined ? [] : [refusal];
  const order: PendingOrder = {
    intent,
    stage: refusal === undefined ? "asked" : "refused",
    askedAtMs: event.machineMs,
    reasons,
  };
  const waiting = remember(run, { pending: { ...run.memory.pending, [clientOrderId]: order } });
  const { causedBy } = event;
  if (refusal === undefined) return { run: waiting, effects: [{ type: "ask", intent, causedBy }] };
  // Risk is not asked, so the refusal would leave no trace in the ledger: the signal is its trace.
  const signal = {
    strategy: run.plan.strategy,
    symbol,
    signal: "order-refused",
    reason: `the gameplan forbids ${intent.side} ${intent.quantity} ${symbol}: ${refusal.code} ${refusal.detail}`.slice(
      0,
      500,
    ),
    clientOrderId,
  };
  const told = signalled(waiting, signal, causedBy);
  return { run: told.run, effects: [...told.effects, { type: "refused", clientOrderId, reasons }] };
}

/** Signals are numbered like orders: one that is written again after a restart has the id it had before. */
function signalled(run: Run, signal: Extract<Effect, { type: "signal" }>["signal"], causedBy: string | null): Advanced {
  const { tradingDay, signalNumber } = run.memory;
  const number = signalNumber + 1;
  const id = `signal-${run.plan.strategy}-${tradingDay.replaceAll("-", "")}-${number}`;
  return { run: remember(run, { signalNumber: number }), effects: [{ type: "signal", id, signal, causedBy }] };
}

/** What may still fill: what the ledger shows, and what was asked for and does not show there yet. */
function workingOrders({ book, pending }: RunMemory): OrderView[] {
  return [
    ...Object.values(book.orders),
    ...Object.values(pending).flatMap(({ intent, stage }): OrderView[] => {
      if (stage === "refused") return [];
      const { clientOrderId, symbol, side, quantity } = intent;
      return [{ clientOrderId, parentClientOrderId: null, symbol, side, status: stage, leavesQuantity: quantity }];
    }),
  ];
}

function statusAt({ memory, plan }: Run, minuteMs: number): StrategyStatus {
  if (memory.status === "failed") return "failed";
  if (minuteMs < plan.session.openMs) return "waiting";
  const open = [memory.book.positions, memory.book.orders, memory.pending].some((part) => Object.keys(part).length > 0);
  return minuteMs < plan.session.closeMs || open ? "running" : "finished";
}

function withPending(run: Run, id: ClientOrderId, change: (order: PendingOrder) => PendingOrder): Advanced {
  const order = run.memory.pending[id];
  if (order === undefined) return idle(run);
  return {
    run: remember(run, { pending: { ...run.memory.pending, [id]: change(order) } }),
    effects: [{ type: "save" }],
  };
}

function withoutPending(run: Run, clientOrderId: string): Run {
  if (run.memory.pending[clientOrderId] === undefined) return run;
  const { [clientOrderId]: _settled, ...pending } = run.memory.pending;
  return remember(run, { pending });
}

const remember = (run: Run, change: Partial<RunMemory>): Run => ({ ...run, memory: { ...run.memory, ...change } });
const idle = (run: Run): Advanced => ({ run, effects: [] });

function withSave(advanced: Advanced): Advanced {
  return { run: advanced.run, effects: [...advanced.effects, { type: "save" }] };
}

function then(first: Advanced, next: (run: Run) => Advanced): Advanced {
  const second = next(first.run);
  return {
    run: second.run,
    effects: first.effects.length === 0 ? second.effects : [...first.effects, ...second.effects],
  };
}
