import type { CutKind } from "../gateway/connections.ts";
import type { Faults } from "../gateway/faults.ts";
import type { Session } from "../gateway/session.ts";
import type { HaltKind } from "../market/disturbances.ts";
import type { QuoteChange } from "../market/quote-change.ts";
import type { Field } from "../protocol/frame.ts";
import type { Action, ActionOf } from "./actions.ts";

/** What the actions are made of. Whatever needs no time is done when the call returns. */
export interface Hand {
  readonly faults: Faults;
  readonly readySessions: () => readonly Session[];
  readonly setFaults: (change: Partial<Faults>) => Promise<void> | undefined;
  readonly cut: (how: CutKind) => void;
  readonly restart: (options: { readonly downtimeMs: number; readonly rollbackIds: number }) => Promise<void>;
  /** @returns the port it moved to. */
  readonly moveToPort: (port: number) => Promise<void>;
  readonly injectError: (code: number, text: string, id?: number, advancedOrderRejectJson?: string) => void;
  readonly setQuote: (symbol: string, change: QuoteChange) => void;
  readonly halt: (symbol: string, kind: HaltKind) => void;
  readonly resume: (symbol: string) => void;
  readonly gap: (symbol: string, percent: number) => void;
  readonly resendExecutions: () => void;
  readonly correctExecution: (execId: string, change: { readonly price?: number; readonly shares?: number }) => void;
  readonly setDayTradesRemaining: (remaining: readonly number[] | "absent") => void;
  readonly placeByHand: (order: ActionOf<"manual-order">) => void;
  readonly refuseOrder: (orderRef: string, code: number, text: string) => void;
  readonly releaseClock: () => void;
  readonly later: (delayMs: number, run: () => void) => void;
}

/** Does one action. @returns a promise of its end when it takes time. @throws what the hand throws. */
export function perform(hand: Hand, action: Action): Promise<void> | undefined {
  switch (action.action) {
    case "faults":
      return switchFaults(hand, action);
    case "wait":
      return pause(hand, action.ms);
    case "drop":
      hand.cut(action.how);
      return undefined;
    case "restart":
      return hand.restart(action);
    case "move-port":
      return hand.moveToPort(action.port);
    case "error":
      hand.injectError(action.code, action.text, action.id, action.advancedOrderRejectJson);
      return undefined;
    case "send":
      sendToAll(hand, action.fields);
      return undefined;
    case "connectivity-loss":
      return loseConnectivity(hand, action);
    case "farm-flap":
      return flapFarm(hand, action);
    case "quiet-streams":
      quietStreams(hand, action);
      return undefined;
    case "quote": {
      const { symbol, action: _, ...change } = action;
      hand.setQuote(symbol, definedOnly(change));
      return undefined;
    }
    case "halt":
      hand.halt(action.symbol, action.kind);
      return undefined;
    case "resume":
      hand.resume(action.symbol);
      return undefined;
    case "gap":
      hand.gap(action.symbol, action.percent);
      return undefined;
    case "resend-executions":
      hand.resendExecutions();
      return undefined;
    case "correct-execution": {
      const { execId, price, shares } = action;
      hand.correctExecution(execId, definedOnly({ price, shares }));
      return undefined;
    }
    case "day-trades-remaining":
      hand.setDayTradesRemaining(action.remaining);
      return undefined;
    case "manual-order":
      hand.placeByHand(action);
      return undefined;
    case "refuse-order":
      hand.refuseOrder(action.orderRef, action.code, action.text);
      return undefined;
    case "start-clock":
      hand.releaseClock();
      return undefined;
  }
}

/** Zod leaves `undefined` in for fields that were not given; they must not overwrite what stands. */
export function definedOnly<Value extends object>(
  value: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]?: Exclude<Value[Key], undefined> };
}

function switchFaults(hand: Hand, { set, forMs }: ActionOf<"faults">): Promise<void> | undefined {
  const change: Partial<Faults> = definedOnly(set);
  const before = hand.faults;
  const old = Object.fromEntries(Object.keys(change).map((key) => [key, before[key as keyof Faults]]));
  if (forMs !== undefined) hand.later(forMs, () => void hand.setFaults(old));
  return hand.setFaults(change);
}

function sendToAll(hand: Hand, fields: readonly Field[]): void {
  for (const session of hand.readySessions()) session.send(fields);
}

async function loseConnectivity(hand: Hand, action: ActionOf<"connectivity-loss">): Promise<void> {
  void hand.setFaults({ streams: "stopped", reports: action.reports });
  const lost = "Connectivity between IBKR and Trader Workstation has been lost.";
  for (let time = 1; time <= action.times; time += 1) {
    hand.injectError(1100, lost);
    if (time < action.times) await pause(hand, action.everyMs);
  }
  await pause(hand, action.restoredAfterMs);
  const restored = "Connectivity between IBKR and Trader Workstation has been restored";
  const farms = "All data farms are connected: usfarm; ushmds; secdefil.";
  if (action.restoredWith === 1101) {
    for (const session of hand.readySessions()) session.loseStreams();
    hand.injectError(1101, `${restored} - data lost. ${farms}`);
  } else {
    hand.injectError(1102, `${restored} - data maintained. ${farms}`);
  }
  void hand.setFaults({ streams: "flowing", reports: "at-once" });
}

async function flapFarm(hand: Hand, action: ActionOf<"farm-flap">): Promise<void> {
  for (let time = 1; time <= action.times; time += 1) {
    void hand.setFaults({ streams: "stopped" });
    hand.injectError(2103, `Market data farm connection is broken:${action.farm}`);
    await pause(hand, action.brokenForMs);
    if (action.quietAfterwards) for (const session of hand.readySessions()) session.quietStreams();
    hand.injectError(2104, `Market data farm connection is OK:${action.farm}`);
    void hand.setFaults({ streams: "flowing" });
    if (time < action.times) await pause(hand, action.brokenForMs);
  }
}

function quietStreams(hand: Hand, { symbols, kinds }: ActionOf<"quiet-streams">): void {
  for (const session of hand.readySessions()) {
    session.quietStreams((kind, symbol) => kinds.includes(kind) && (symbols === "all" || symbols.includes(symbol)));
  }
}

function pause(hand: Hand, ms: number): Promise<void> {
  return new Promise((resolve) => hand.later(ms, resolve));
}
