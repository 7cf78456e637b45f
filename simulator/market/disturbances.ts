import type { Instrument } from "./instrument.ts";
import { type Tape, type TapeSource, tapeSeconds, type WritableTape } from "./tape.ts";

/** Why trading is halted: by the exchange (news, regulation), or for a move too fast (a limit-up limit-down pause). */
export type HaltKind = "general" | "volatility";

interface Halt {
  /** The first second without trading, and the first one with it again. */
  readonly fromS: number;
  untilS: number;
  readonly kind: HaltKind;
}

interface Gap {
  /** The first second at the new level. */
  readonly fromS: number;
  readonly factor: number;
}

/**
 * What happens to prices that were made or recorded beforehand: halts, in which they stand still and nothing trades,
 * and gaps, after which they are higher or lower for good. Everything that reads a tape sees the same.
 */
export class Disturbances implements TapeSource {
  readonly #source: TapeSource;
  readonly #instrumentOf: (key: string) => Instrument | undefined;
  readonly #halts = new Map<string, Halt[]>();
  readonly #gaps = new Map<string, Gap[]>();

  constructor(source: TapeSource, instrumentOf: (key: string) => Instrument | undefined) {
    this.#source = source;
    this.#instrumentOf = instrumentOf;
  }

  tape(key: string, date: string): Tape | undefined {
    const tape = this.#source.tape(key, date);
    const halts = this.#halts.get(key) ?? [];
    const gaps = this.#gaps.get(key) ?? [];
    if (tape === undefined || halts.length + gaps.length === 0) return tape;
    return disturbed(tape, halts, gaps, this.#instrumentOf(key)?.minTick ?? 0.01);
  }

  firstDate(key: string): string | undefined {
    return this.#source.firstDate(key);
  }

  haltOf(key: string): HaltKind | undefined {
    return this.#halts.get(key)?.find((halt) => halt.untilS === Number.POSITIVE_INFINITY)?.kind;
  }

  /** Halts from a second on, until {@link resume}. @returns false when it is halted already. */
  halt(key: string, kind: HaltKind, fromS: number): boolean {
    if (this.haltOf(key) !== undefined) return false;
    this.#halts.set(key, [...(this.#halts.get(key) ?? []), { fromS, untilS: Number.POSITIVE_INFINITY, kind }]);
    return true;
  }

  /** @returns false when it is not halted. */
  resume(key: string, untilS: number): boolean {
    const halt = this.#halts.get(key)?.find((candidate) => candidate.untilS === Number.POSITIVE_INFINITY);
    if (halt === undefined) return false;
    halt.untilS = untilS;
    return true;
  }

  /** Moves all prices from a second on by per cents of themselves. */
  gap(key: string, percent: number, fromS: number): void {
    this.#gaps.set(key, [...(this.#gaps.get(key) ?? []), { fromS, factor: 1 + percent / 100 }]);
  }
}

function disturbed(tape: Tape, halts: readonly Halt[], gaps: readonly Gap[], tick: number): Tape {
  const changed: WritableTape = {
    ...tape,
    last: tape.last.slice(),
    bid: tape.bid.slice(),
    ask: tape.ask.slice(),
    bidSize: tape.bidSize.slice(),
    askSize: tape.askSize.slice(),
    volume: tape.volume.slice(),
    trades: tape.trades.slice(),
  };
  const perUnit = Math.round(1 / tick);
  const moved = (price: number, factor: number) => Math.round(price * factor * perUnit) / perUnit;
  for (const { fromS, factor } of gaps) {
    const from = Math.max(0, fromS - tape.startEpochS);
    for (const series of [changed.last, changed.bid, changed.ask]) {
      for (let index = from; index < tapeSeconds; index += 1)
        series[index] = moved(series[index] ?? Number.NaN, factor);
    }
    if (fromS < tape.startEpochS && changed.previousClose !== undefined) {
      changed.previousClose = moved(changed.previousClose, factor);
    }
  }
  for (const { fromS, untilS } of halts) {
    const from = Math.min(tapeSeconds, Math.max(0, fromS - tape.startEpochS));
    const until = Math.min(tapeSeconds, Math.max(0, untilS - tape.startEpochS));
    for (const series of [changed.last, changed.bid, changed.ask, changed.bidSize, changed.askSize]) {
      series.fill(series[from - 1] ?? Number.NaN, from, until);
    }
    changed.volume.fill(0, from, until);
    changed.trades.fill(0, from, until);
  }
  return changed;
}
