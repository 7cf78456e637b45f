import type { Market } from "../market/market.ts";
import { marketDayAt } from "../market/new-york.ts";

interface Preparation {
  readonly key: string;
  readonly epochS: number;
  readonly run: () => void;
}

/** What long work may take of one turn of the event loop; a step that takes longer is its own turn. */
const turnMs = 5;

/**
 * Makes the days of prices that are wanted, one in a turn of the event loop: a day takes some 15 ms, a hundred symbols
 * are asked for at once, and what else is asked meanwhile must not wait for all of them.
 */
export class Preparations {
  readonly #market: Market;
  readonly #later: (delayMs: number, run: () => void) => void;
  readonly #makeRoom: () => void;
  #waiting: Preparation[] = [];
  #work: (() => boolean)[] = [];
  /** Days that are prepared without anybody waiting for them, by key and date. */
  readonly #prepared = new Set<string>();

  /** @param makeRoom called before a day is made: the market must have room for it. */
  constructor(market: Market, later: (delayMs: number, run: () => void) => void, makeRoom: () => void) {
    this.#market = market;
    this.#later = later;
    this.#makeRoom = makeRoom;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#work.length === 0;
  }

  /**
   * Does long work a step at a time, in the order in which it was asked for; at once where it takes no more than a turn.
   *
   * @param step does one and says whether it was the last.
   */
  inTurns(step: () => boolean): void {
    if (this.#work.length === 0 && isOverInTurn(step)) return;
    this.#work.push(step);
    if (this.#work.length === 1) this.#later(0, () => this.#goOn());
  }

  /** Runs something once there are prices of an instrument's day: at once where they are made already. */
  whenPriced(key: string, epochS: number, run: () => void): void {
    if (this.#market.isMade(key, epochS)) run();
    else this.#enqueue({ key, epochS, run });
  }

  /** Has an instrument's day made, when there is time for it. */
  prepare(key: string, epochS: number): void {
    const day = `${key}|${marketDayAt(epochS).date}`;
    if (this.#prepared.has(day) || this.#market.isMade(key, epochS)) return;
    this.#prepared.add(day);
    this.#enqueue({ key, epochS, run: () => void this.#prepared.delete(day) });
  }

  #goOn(): void {
    const [step] = this.#work;
    if (step !== undefined && isOverInTurn(step)) this.#work = this.#work.slice(1);
    if (this.#work.length > 0) this.#later(0, () => this.#goOn());
  }

  #enqueue(preparation: Preparation): void {
    this.#waiting.push(preparation);
    if (this.#waiting.length === 1) this.#later(0, () => this.#makeNext());
  }

  #makeNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#makeRoom();
    this.#market.tapeAt(next.key, next.epochS);
    const isMade = ({ key, epochS }: Preparation) => this.#market.isMade(key, epochS);
    const made = this.#waiting.filter((one) => one === next || isMade(one));
    this.#waiting = this.#waiting.filter((one) => !made.includes(one));
    if (this.#waiting.length > 0) this.#later(0, () => this.#makeNext());
    for (const { run } of made) run();
  }
}

function isOverInTurn(step: () => boolean): boolean {
  const untilMs = performance.now() + turnMs;
  do if (step()) return true;
  while (performance.now() < untilMs);
  return false;
}
