import type { Hand } from "../scenario/perform.ts";
import { broadcastError } from "./broadcasts.ts";
import type { Connections } from "./connections.ts";
import type { GatewayContext } from "./context.ts";
import { haltTrading, resumeTrading } from "./halts.ts";
import type { Listener } from "./listener.ts";
import { placeByHand } from "./manual-orders.ts";
import type { MarketLoop } from "./market-loop.ts";
import { refuseOrder } from "./order-faults.ts";

/** What a scenario's hand takes hold of behind a gateway. */
export interface Backstage {
  readonly context: GatewayContext;
  readonly loop: MarketLoop;
  readonly listener: Listener;
  readonly connections: Connections;
}

/** What the hand does through the gateway itself, as a test would. */
type ByGateway = Pick<
  Hand,
  | "setFaults"
  | "restart"
  | "setQuote"
  | "resendExecutions"
  | "correctExecution"
  | "setDayTradesRemaining"
  | "releaseClock"
>;

/** The hand behind a gateway: every thing that the actions of a scenario are made of. */
export function handBehind({ context, loop, listener, connections }: Backstage, byGateway: ByGateway): Hand {
  return {
    ...byGateway,
    faults: context.faults(),
    readySessions: context.readySessions,
    cut: (how) => connections.cut(how),
    moveToPort: (port) => moveToPort(context, listener, connections, port),
    injectError: (...message) => broadcastError(context, ...message),
    halt: (symbol, kind) => haltTrading(context, symbol, kind, loop.epochS),
    resume: (symbol) => resumeTrading(context, symbol, loop.epochS),
    gap: (symbol, percent) => context.market.gap(symbol, percent, loop.epochS + 1),
    refuseOrder: (...refusal) => refuseOrder(context, ...refusal),
    placeByHand: (order) => placeByHand(context, order),
    later: context.later,
  };
}

/** Code 1300: the clients are told of the new port, then their connections are cut. */
async function moveToPort(
  context: GatewayContext,
  listener: Listener,
  connections: Connections,
  wanted: number,
): Promise<void> {
  await listener.moveTo(wanted);
  const { port } = listener;
  const text = `TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port - ${port}`;
  broadcastError(context, 1300, text);
  connections.cut("close");
  context.log("info", "port moved", { port });
}
