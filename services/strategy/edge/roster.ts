import type { Bus } from "#libs/bus/mod.ts";
import type { Gameplan, StrategyPlan } from "#libs/contracts/mod.ts";
import { shortNameOf } from "#libs/strategy-kit/mod.ts";
import type { Session } from "#libs/time/mod.ts";
import { wallNowMs } from "#libs/time/mod.ts";
import { advance } from "../core/advance.ts";
import { begin } from "../core/begin.ts";
import { applyFact, EMPTY_BOOK } from "../core/book.ts";
import type { Effect, Run } from "../core/run.ts";
import { StrategyLoadError } from "../library/errors.ts";
import { loadStrategy } from "../library/load.ts";
import { type Books, type OwnedFact, readFacts } from "./facts.ts";
import type { Snapshots } from "./snapshots.ts";

export interface RosterInputs {
  readonly bus: Bus;
  readonly libraryPath: string;
  readonly snapshots: Snapshots;
  readonly plan: Gameplan;
  readonly session: Session;
  /** What runs now. */
  readonly current: ReadonlyMap<string, Run>;
  /** What the ledger says, and up to which sequence. */
  readonly books: () => { readonly books: Books["books"]; readonly sequence: number };
  readonly reload: boolean;
}

export interface Roster {
  /** The strategies, and what each one's catching-up led to. */
  readonly begun: readonly { readonly run: Run; readonly effects: readonly Effect[] }[];
  /** Entries of the gameplan that cannot run. */
  readonly refused: readonly { readonly strategy: string; readonly code: string; readonly message: string }[];
}

/**
 * The strategies of a gameplan, each where it was: from memory when it already runs, from its snapshot after a
 * restart, fresh on a new day; and brought up to the ledger's present end. One that cannot be loaded is left out and
 * named; the others start.
 */
export async function makeRoster(inputs: RosterInputs): Promise<Roster> {
  const begun: Roster["begun"][number][] = [];
  const refused: Roster["refused"][number][] = [];
  for (const entry of inputs.plan.strategies) {
    try {
      const { run, effects } = await beginOne(inputs, entry);
      const caughtUp = await catchUp(inputs, run);
      begun.push({ run: caughtUp.run, effects: [...effects, ...caughtUp.effects] });
    } catch (error) {
      if (!(error instanceof StrategyLoadError)) throw error;
      refused.push({ strategy: entry.strategy, code: error.code, message: error.message });
    }
  }
  return { begun, refused };
}

async function beginOne(inputs: RosterInputs, entry: StrategyPlan): Promise<ReturnType<typeof begin>> {
  const { session, reload, snapshots, current } = inputs;
  const loaded = await loadStrategy(inputs.libraryPath, entry);
  const running = current.get(entry.strategy)?.memory;
  const memory = running?.tradingDay === session.date ? running : await snapshots.read(entry.strategy, session.date);
  const { books, sequence } = inputs.books();
  const book = books[shortNameOf(entry.strategy)] ?? EMPTY_BOOK;
  return begin({ ...loaded, entry, session, memory, book, lastSequence: sequence, revive: reload });
}

/** Gives a restored strategy the facts that came after its snapshot, each with the book as it was at that fact. */
async function catchUp(inputs: RosterInputs, begun: Run): Promise<{ run: Run; effects: readonly Effect[] }> {
  const owner = shortNameOf(begun.plan.strategy);
  const facts = await readFacts(inputs.bus, begun.memory.lastSequence, inputs.books().sequence);
  let run = begun;
  const effects: Effect[] = [];
  for (const fact of facts) {
    if (fact.owner !== owner) continue;
    const { book } = run.memory;
    const next = applyFact(book, fact.fact);
    const advanced = advance(run, { ...factEvent(fact), book: next, news: next !== book });
    run = advanced.run;
    effects.push(...advanced.effects);
  }
  return { run, effects };
}

/** A fact as an event for a run, all but the book it makes. */
export function factEvent({ fact, sequence, envelope }: OwnedFact) {
  return {
    type: "fact" as const,
    fact,
    sequence,
    marketTimeMs: envelope.marketTime ?? envelope.publishedAt,
    machineMs: wallNowMs(),
    causedBy: envelope.id,
  };
}
