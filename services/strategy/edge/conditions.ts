import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { Run, RunEvent } from "../core/run.ts";
import type { NewAlert } from "./alerts.ts";
import type { Roster } from "./roster.ts";

export const RISK_UNAVAILABLE: NewAlert = {
  key: "risk away",
  severity: "critical",
  code: "RISK_UNAVAILABLE",
  title: "The risk service does not answer: no orders",
  text: "Every order is refused until it is back. `npm run status` and its log tell why.",
};

export const OVERLOADED: NewAlert = {
  key: "overloaded",
  severity: "warning",
  code: "STRATEGY_OVERLOADED",
  title: "The strategies fall behind the market data",
  text: "Bars were left out because too many were waiting. Trade fewer symbols, or make the handlers quicker.",
};

export const undecided = (clientOrderId: ClientOrderId): NewAlert => ({
  key: `undecided ${clientOrderId}`,
  severity: "warning",
  code: "ORDER_UNDECIDED",
  title: `Nobody knows yet whether order ${clientOrderId} lives`,
  text: "Risk's answer was lost. The ledger is watched and risk asked again under the same id; no other order takes its place.",
});

export const slow = (strategy: string, event: RunEvent, tookMs: number, tradingDay: string): NewAlert => ({
  key: `slow ${strategy} ${tradingDay}`,
  severity: "warning",
  code: "STRATEGY_SLOW",
  title: `Strategy ${strategy} is slow`,
  text: `It took ${Math.round(tookMs)} ms for one ${event.type} and kept the others waiting. They see the newest quotes, not each one.`,
});

export const noHistory = (strategy: string, symbol: string, reason: string, tradingDay: string): NewAlert => ({
  key: `no history ${strategy} ${symbol} ${tradingDay}`,
  severity: "warning",
  code: "STRATEGY_WITHOUT_HISTORY",
  title: `Strategy ${strategy} begins without the past of ${symbol}`.slice(0, 200),
  text: `The bars that it asked for could not be had: ${reason}. It was told so (an empty history) and goes on with the day's own bars; a strategy that needs them should open nothing. \`npx crucible strategy reload\` when the cause is removed.`,
});

/** The gameplan was changed while the strategy held what is no longer in it: no bar of it comes any more. */
export function leftSymbols({ plan: { strategy, symbols }, memory }: Run): NewAlert | undefined {
  const held = Object.entries(memory.book.positions).flatMap(([symbol, { quantity }]) =>
    symbols.includes(symbol) ? [] : [`${quantity} ${symbol}`],
  );
  if (held.length === 0) return undefined;
  return {
    key: `left ${strategy} ${held.join()}`,
    severity: "critical",
    code: "STRATEGY_LEFT_POSITION",
    title: `Strategy ${strategy} holds what its gameplan no longer names`,
    text: `It holds ${held.join(", ")} and is told nothing more of the market there; its stops at the broker stay. Close the position by hand, or put the symbol back into the gameplan.`,
  };
}

export function leftPosition({ plan: { strategy }, memory }: Run): NewAlert {
  const held = Object.entries(memory.book.positions).map(([symbol, { quantity }]) => `${quantity} ${symbol}`);
  return {
    key: `left ${strategy} ${held.join()}`,
    severity: "critical",
    code: "STRATEGY_LEFT_POSITION",
    title: `Strategy ${strategy} no longer runs and leaves a position`,
    text: `It holds ${held.join(", ")}, which no strategy watches now; its stops at the broker stay. Close the position by hand, or put the strategy back into the gameplan.`,
  };
}

export const cannotRun = ({ strategy, code, message }: Roster["refused"][number]): NewAlert => ({
  key: message,
  severity: "critical",
  code,
  title: `Strategy ${strategy} cannot run`,
  text: message,
});
