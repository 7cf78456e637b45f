export interface StreamAge {
  readonly key: string;
  readonly symbol: string;
  /** Since it was heard, or since it was asked for if it never was; machine milliseconds. */
  readonly silentMs: number;
  /** Since it was asked for anew because it was quiet; null when it was not, or was heard after that. */
  readonly sinceAgainMs: number | null;
  /** The exchange halts trading in it: nothing comes, and nothing should. */
  readonly halted: boolean;
}

export interface QuietFindings {
  /** Streams to ask for anew, by key. */
  readonly again: readonly string[];
  /** Symbols of streams that stayed quiet after that. */
  readonly stillQuiet: readonly string[];
  /** Nothing is heard on any stream. */
  readonly allQuiet: boolean;
}

/** How often a stream that stays quiet is asked for anew. */
export const AGAIN_EVERY_MS = 180_000;

/**
 * Which streams died without a word, while the market is open: one that is silent while others move is asked for
 * alone; when all are silent the data itself has died, and all are asked for. Orders are not touched by either.
 */
export function findQuiet(streams: readonly StreamAge[], quietMs: number): QuietFindings {
  const live = streams.filter(({ halted }) => !halted);
  const silent = live.filter(({ silentMs }) => silentMs >= quietMs);
  const again = silent.filter(({ sinceAgainMs }) => sinceAgainMs === null || sinceAgainMs >= AGAIN_EVERY_MS);
  const stillQuiet = silent.filter(({ sinceAgainMs }) => sinceAgainMs !== null && sinceAgainMs >= quietMs);
  return {
    again: again.map(({ key }) => key),
    stillQuiet: [...new Set(stillQuiet.map(({ symbol }) => symbol))],
    allQuiet: live.length > 0 && silent.length === live.length,
  };
}
