import { HANDLER_OF, type StrategyEvent } from "#libs/strategy-kit/mod.ts";
import { formatNewYorkTime } from "#libs/time/mod.ts";
import type { Effect, Run } from "./run.ts";

/**
 * Stops a strategy that threw: its state stays as it was before the event, and the others never notice. It stays
 * stopped, also after a restart, until the operator reloads or the next trading day begins.
 */
export function failed(
  run: Run,
  error: unknown,
  handler: string,
  occasion: string,
): { readonly run: Run; readonly effects: readonly Effect[] } {
  const { strategy } = run.plan;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const where = frameOf(error, run.file) ?? run.file;
  const reason = `${what} (${where}, ${handler}, ${occasion})`;
  const positions = Object.entries(run.memory.book.positions).map(([symbol, { quantity }]) => `${quantity} ${symbol}`);
  const working = Object.keys(run.memory.book.orders).length;
  return {
    run: { ...run, memory: { ...run.memory, status: "failed", reason: reason.slice(0, 1000) } },
    effects: [
      { type: "save" },
      {
        type: "alert",
        causedBy: null,
        alert: {
          severity: "critical",
          code: "STRATEGY_FAILED",
          title: `Strategy ${strategy} failed and is stopped`.slice(0, 200),
          text: [
            `${what.slice(0, 900)} in ${handler} at ${where}, ${occasion}.`,
            "Its state is kept and the other strategies go on; orders that rest at the broker, stops included, stay there.",
            "It stays stopped until the next trading day: correct the file, then `npx crucible strategy reload` lets it go on today.",
          ].join(" "),
          fields: [
            { name: "strategy", value: strategy },
            { name: "where", value: where.slice(0, 500) },
            { name: "its position", value: positions.join(", ").slice(0, 500) || "none" },
            { name: "its working orders", value: String(working) },
          ],
        },
      },
    ],
  };
}

/** What was being told when it threw, in words for the operator. */
export function occasionOf(event: StrategyEvent, marketTimeMs: number): string {
  const at = `${formatNewYorkTime(marketTimeMs)} New York`;
  switch (event.type) {
    case "bar":
      return `${event.bar.interval} bar of ${event.bar.symbol} that ended ${at}`;
    case "quote":
      return `quote of ${event.quote.symbol} at ${at}`;
    case "history":
      return `history of ${event.history.symbol} at ${at}`;
    case "clock":
      return `minute ${at}`;
    case "order-event":
      return `order ${event.event.clientOrderId} ${event.event.status} at ${at}`;
    case "fill":
      return `fill ${event.fill.executionId} at ${at}`;
    case "denied":
      return `denial of ${event.denied.clientOrderId} at ${at}`;
  }
}

export const handlerOf = (event: StrategyEvent): string => HANDLER_OF[event.type];

/** `file.ts:12`, from the first line of the stack that is in the strategy's own file, or else in any file. */
function frameOf(error: unknown, file: string): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = [...stack.matchAll(/([^\s()/\\]+\.[cm]?[jt]s)(?:\?[^:)\s]*)?:(\d+)(?::\d+)?/g)];
  const name = file.split(/[/\\]/).at(-1);
  const frame = frames.find((match) => match[1] === name) ?? frames[0];
  return frame && `${frame[1]}:${frame[2]}`;
}
