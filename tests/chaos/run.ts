import { fileURLToPath } from "node:url";
import {
  approvedMessage,
  cancelMessage,
  clientOrderIdSchema,
  deniedMessage,
  fillMessage,
  gatewayStatusMessage,
  type Health,
  healthMessage,
  modeOf,
  type OrderIntent,
  positionMessage,
  quoteMessage,
} from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { noFaults } from "../../simulator/gateway/faults.ts";
import { eventually } from "../harness/bus.ts";
import { TestPlatform } from "../harness/platform.ts";
import { WIDE_LIMITS } from "../harness/wide-limits.ts";
import { cause, globalCancel } from "./cause.ts";
import { byHand } from "./evidence.ts";
import { cents, entryIntent } from "./intents.ts";
import { type Judgement, judge } from "./judge.ts";
import { type ScriptOptions, type Step, scriptOf } from "./script.ts";
import { storiesOf } from "./story.ts";
import { emptinessOf } from "./substance.ts";
import { ALL_SYMBOLS, STRATEGY_SYMBOLS, type Trouble, VICTIMS } from "./troubles.ts";

export interface ChaosReport {
  readonly violations: readonly string[];
  /** What is known of the orders that they name. */
  readonly stories: readonly string[];
  readonly asked: number;
  readonly approved: number;
  readonly denied: number;
  /** Denials by code. */
  readonly denials: Readonly<Record<string, number>>;
  /** Orders by the state in which the ledger has them at the end. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Orders that reached the gateway's socket. */
  readonly placed: number;
  readonly executions: number;
  readonly corrections: number;
  /** Orders and executions of another client of the account. */
  readonly byHand: { readonly orders: number; readonly executions: number };
  readonly sessions: number;
  readonly kills: Readonly<Record<string, number>>;
}

/** Hundredths of a second matter to no order here; what must not happen is that every approval outlives every outage. */
const APPROVAL_TTL_MS = 1500;
/** Longer than any outage of the script: an intent is asked again under its id until it is decided. */
const DECISION_WITHIN_MS = 60_000;
/** Pauses between two questions about one order; some hundreds that are asked without any keep risk from its work. */
const ASK_PAUSE_MS_MIN = 250;
const ASK_PAUSE_MS_MAX = 2000;
const SETTLED_WITHIN_MS = 120_000;
/** All that a run of an hour brings: the verdict rests on what was said. */
const FRAMES_KEPT = 2_000_000;
/** Longer than the bridge takes to look for the orders of others. */
const UNCHANGED_MS = 45_000;
const HALF_SPREAD = 0.01;
const START_PRICE = 100;

export interface ChaosOptions extends ScriptOptions {
  /** In dry-run nothing may reach the broker, and the ledger is compared with itself. */
  readonly mode: "paper" | "dry-run";
}

const EQUITY_USD = 50_000_000;

/**
 * Plays a script against the whole platform: PM2, the real processes, a real nats-server, and the simulated gateway.
 * When it is over, troubles end, everything settles, and both sides are compared.
 */
export async function playChaos(options: ChaosOptions, say: (line: string) => void): Promise<ChaosReport> {
  const platform = await TestPlatform.start({
    mode: options.mode,
    env: {
      DRY_RUN_EQUITY_USD: String(EQUITY_USD),
      APPROVAL_TTL_MS: String(APPROVAL_TTL_MS),
      STRATEGY_LIBRARY_PATH: fileURLToPath(new URL("./strategies", import.meta.url)),
      ...WIDE_LIMITS,
      MAX_DAILY_LOSS_PCT: "0.5",
    },
    gateway: {
      equityUsd: EQUITY_USD,
      framesKept: FRAMES_KEPT,
      symbols: ALL_SYMBOLS.map((symbol) => ({ symbol, startPrice: START_PRICE })),
    },
    gameplan: {
      tradingDay: "any",
      strategies: [
        {
          strategy: "impatient",
          symbols: [...ALL_SYMBOLS],
          capitalUsd: 1_000_000,
          from: "09:31",
          until: "15:59",
          parameters: { trades: [...STRATEGY_SYMBOLS] },
        },
      ],
    },
  });
  try {
    const run = new Run(platform, say);
    await run.play(scriptOf(options));
    await run.settle();
    await run.cancelEverything();
    return await run.report(options.durationMs);
  } finally {
    await platform.stop();
  }
}

class Run {
  readonly #platform: TestPlatform;
  readonly #say: (line: string) => void;
  readonly #prices = new Map<string, number>(ALL_SYMBOLS.map((symbol) => [symbol, START_PRICE]));
  readonly #published = new Map<string, number>();
  readonly #asked: string[] = [];
  readonly #deciding = new Set<Promise<void>>();
  readonly #kills = new Map<string, number>(VICTIMS.map((victim) => [victim, 0]));
  readonly #restartsAtStart = new Map<string, number>();
  /** One trouble that takes time, such as a kill, at a time; the next waits for it. */
  #trouble: Promise<void> = Promise.resolve();

  constructor(platform: TestPlatform, say: (line: string) => void) {
    this.#platform = platform;
    this.#say = say;
  }

  async play(steps: readonly Step[]): Promise<void> {
    this.#platform.operator.subscribe(positionMessage, ({ data }) => this.#published.set(data.symbol, data.quantity));
    for (const symbol of ALL_SYMBOLS) this.#quote(symbol);
    const quoting = setInterval(() => {
      for (const symbol of ALL_SYMBOLS) this.#quote(symbol);
    }, 300);
    for (const victim of VICTIMS) this.#restartsAtStart.set(victim, (await this.#platform.app(victim)).restarts);
    try {
      await eventually("each symbol is quoted on the bus", async () => {
        const quotes = ALL_SYMBOLS.map((symbol) => this.#platform.operator.lastValue(quoteMessage, [symbol]));
        return (await Promise.all(quotes)).every((quote) => quote !== null);
      });
      const begunMs = performance.now();
      for (const step of steps) {
        await sleep(Math.max(0, begunMs + step.atMs - performance.now()));
        this.#take(step);
      }
      await this.#trouble;
      await Promise.all(this.#deciding);
    } finally {
      clearInterval(quoting);
    }
  }

  /** Ends every trouble, and waits until each order is over or rests at the broker and the session is ready. */
  async settle(): Promise<void> {
    const { gateway } = this.#platform;
    await gateway.setFaults(noFaults);
    await eventually(
      "the session is ready again",
      async () => (await this.#platform.operator.lastValue(gatewayStatusMessage, []))?.data.state === "ready",
      SETTLED_WITHIN_MS,
    );
    for (const symbol of ALL_SYMBOLS) this.#quote(symbol);
    await this.#agreed("both sides agree, or stay as they are", () => true);
  }

  /** The end of the day: nothing is left at the broker, of nobody, and both sides know. */
  async cancelEverything(): Promise<void> {
    await eventually(
      "the bridge takes the global cancel",
      () =>
        globalCancel(this.#platform).then(
          () => true,
          () => false,
        ),
      SETTLED_WITHIN_MS,
    );
    await this.#agreed("nothing works any more", ({ working }) => working === 0);
  }

  async #agreed(what: string, isSettled: (judgement: Judgement) => boolean): Promise<void> {
    let last: string[] = ["not looked yet"];
    let changedAtMs = performance.now();
    await eventually(
      what,
      async () => {
        await sleep(500);
        const judgement = await judge(this.#platform);
        const found = [...judgement.violations];
        if (found.join() !== last.join()) changedAtMs = performance.now();
        else if (found.length > 0 && performance.now() - changedAtMs > UNCHANGED_MS) throw new Error("nothing changes");
        last = found;
        const open = [...judgement.events.values()].filter(
          ({ status }) => status === "unknown" || status === "submitted",
        );
        return last.length === 0 && open.length === 0 && isSettled(judgement);
      },
      SETTLED_WITHIN_MS,
    ).catch((error: unknown) => {
      for (const line of [String(error), ...last.slice(0, 20)]) this.#say(line);
    });
  }

  /** Alerts that Discord has not taken yet, as the notifier counts them. */
  async #untold(): Promise<number> {
    let untold = Number.NaN;
    const watch = this.#platform.operator.subscribe(healthMessage, ({ data }: { data: Health }) => {
      if (data.service === "notifier") untold = Number(data.figures["queue length"]);
    });
    await eventually("the notifier's health", () => !Number.isNaN(untold)).catch(() => undefined);
    watch.stop();
    return untold;
  }

  async report(durationMs: number): Promise<ChaosReport> {
    const judgement = await judge(this.#platform);
    const denied = await this.#platform.stored(deniedMessage);
    const approvals = await this.#platform.stored(approvedMessage);
    const fills = await this.#platform.stored(fillMessage);
    const decided = [...approvals, ...denied].map(({ data }) => String(data.intent.clientOrderId));
    const outcomes = count([...judgement.events.values()].map(({ status }) => status));
    const sessions = this.#platform.gateway.frames.receivedCount("START_API");
    const kills = Object.fromEntries(this.#kills);
    const { executions, placed, working } = judgement;
    const happened = { durationMs, approved: approvals.length, placed, executions: executions.length, sessions };
    const undecided = this.#asked.filter((id) => !decided.includes(id));
    const violations = [
      ...judgement.violations,
      ...undecided.map((id) => `${id}: asked for and never decided`),
      ...decided.filter((id, index) => decided.indexOf(id) !== index).map((id) => `${id}: decided twice`),
      ...(await this.#crashes()),
      ...(await this.#leftOver(working)),
      ...emptinessOf({ ...happened, kills, outcomes }),
    ];
    return {
      violations,
      stories: await storiesOf(this.#platform, violations),
      asked: this.#asked.length,
      approved: approvals.length,
      denied: denied.length,
      denials: count(denied.flatMap(({ data }) => data.reasons.map(({ code }) => code))),
      outcomes,
      placed,
      executions: executions.length,
      corrections: fills.filter(({ data }) => data.kind === "execution" && data.corrects !== null).length,
      byHand: { orders: byHand(this.#platform).orders.length, executions: byHand(this.#platform).executions.length },
      sessions,
      kills,
    };
  }

  async #leftOver(working: number): Promise<string[]> {
    // One that was raised a moment ago is still on its way.
    let untold = Number.NaN;
    const isToldAll = async () => {
      untold = await this.#untold();
      return untold === 0;
    };
    await eventually("every alert is told", isToldAll, SETTLED_WITHIN_MS).catch((error: unknown) =>
      this.#say(String(error)),
    );
    return [
      ...(working === 0 ? [] : [`${working} orders outlived the global cancel`]),
      ...(untold === 0 ? [] : [`${untold} alerts were never told`]),
    ];
  }

  /**
   * A process that ended by itself. Only those that were killed may have been started again, and those that could not
   * start because the bus was killed while they did.
   */
  async #crashes(): Promise<string[]> {
    const lines: string[] = [];
    for (const victim of VICTIMS) {
      const restarts = (await this.#platform.app(victim)).restarts - (this.#restartsAtStart.get(victim) ?? 0);
      const killed = this.#kills.get(victim) ?? 0;
      if (restarts === killed) continue;
      const fatal = (await this.#platform.log(victim)).split("\n").filter((line) => line.includes('"fatal"'));
      for (const line of fatal) this.#say(`${victim}: ${line.slice(0, 600)}`);
      const inVain = fatal.filter((line) => line.includes('"could not start"')).length;
      if (fatal.length > inVain || restarts > killed + inVain || restarts < killed)
        lines.push(`${victim}: killed ${killed} times, started again ${restarts} times`);
    }
    return lines;
  }

  #take(step: Step): void {
    switch (step.do) {
      case "order":
        this.#ask(entryIntent(this.#platform, step, this.#prices.get(step.symbol) ?? START_PRICE));
        return;
      case "exit": {
        const quantity = Math.ceil(this.#held(step.symbol) * step.part);
        if (quantity > 0)
          this.#ask(
            this.#platform.intent(step.clientOrderId, {
              symbol: step.symbol,
              side: "sell",
              quantity,
              holdOvernight: true,
            }),
          );
        return;
      }
      case "cancel":
        this.#cancel(this.#asked.at(-step.back));
        return;
      case "move":
        this.#prices.set(step.symbol, step.price);
        this.#quote(step.symbol);
        return;
      default:
        this.#trouble = this.#trouble.then(() => this.#cause(step));
    }
  }

  async #cause(step: Step & Trouble): Promise<void> {
    this.#say(`${(step.atMs / 1000).toFixed(1).padStart(7)} s  ${JSON.stringify({ ...step, atMs: undefined })}`);
    for (const victim of step.do === "kill" ? step.victims : [])
      this.#kills.set(victim, (this.#kills.get(victim) ?? 0) + 1);
    const priceOf = (symbol: string) => this.#prices.get(symbol) ?? START_PRICE;
    // A hand or an operator that finds nobody there is no broken promise.
    await cause(this.#platform, step, priceOf).catch((error: unknown) => this.#say(`           in vain: ${error}`));
  }

  /** Shares of a symbol at the broker; in dry-run what the bridge published last. */
  #held(symbol: string): number {
    if (modeOf(this.#platform.settings) === "dry-run") return this.#published.get(symbol) ?? 0;
    return this.#platform.gateway.positions.find((position) => position.symbol === symbol)?.quantity ?? 0;
  }

  #quote(symbol: string): void {
    const price = this.#prices.get(symbol) ?? START_PRICE;
    this.#platform.gateway.setQuote(symbol, {
      bid: cents(price - HALF_SPREAD),
      ask: cents(price + HALF_SPREAD),
      bidSize: 300,
      askSize: 300,
      last: price,
      lastSize: 100,
    });
  }

  /** Asks until there is an answer, with a strategy's pauses: under the same id, so that it is the same order. */
  #ask(intent: OrderIntent): void {
    this.#asked.push(String(intent.clientOrderId));
    const deciding = this.#decided(intent);
    this.#deciding.add(deciding);
    void deciding.finally(() => this.#deciding.delete(deciding));
  }

  async #decided(intent: OrderIntent): Promise<void> {
    const deadlineMs = performance.now() + DECISION_WITHIN_MS;
    let lastError: unknown;
    for (let pauseMs = ASK_PAUSE_MS_MIN; performance.now() < deadlineMs; pauseMs *= 2) {
      try {
        await this.#platform.ask(intent);
        return;
      } catch (error) {
        lastError = error;
      }
      await sleep(Math.min(pauseMs, ASK_PAUSE_MS_MAX));
    }
    this.#say(`no decision on ${intent.clientOrderId} in ${DECISION_WITHIN_MS} ms: ${lastError}`);
  }

  /** Whether it still can be canceled is the bridge's to say; an answer that is lost is not asked for again. */
  #cancel(id: string | undefined): void {
    if (id === undefined) return;
    const clientOrderId = clientOrderIdSchema.parse(id);
    void this.#platform.operator
      .request(cancelMessage, [], { clientOrderId, reason: "chaos" }, { timeoutMs: 2000 })
      .catch(() => undefined);
  }
}

function count(keys: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const key of keys) counted[key] = (counted[key] ?? 0) + 1;
  return counted;
}
