import { SETTING_KEYS, type SettingKey } from "./settings.ts";

/** Below this length two names are near each other by chance. */
const COMPARED_LENGTH_MIN = 5;
const EDITS_MAX = 2;
const LEADING_WORDS_MIN = 2;

/**
 * The known key that an unknown one was probably meant to be: the same but for case and separators, at most two
 * edits away (a swap of neighbours is one), or the same words but for the last (`MAX_DAILY_LOSS_PERCENT`).
 */
export function nearestKey(unknown: string): SettingKey | undefined {
  const given = bare(unknown);
  let nearest: { key: SettingKey; edits: number } | undefined;
  for (const key of SETTING_KEYS) {
    const edits = editsBetween(given, bare(key));
    const near = edits <= EDITS_MAX && given.length >= COMPARED_LENGTH_MIN;
    if ((near || sameButLastWord(unknown, key)) && (nearest === undefined || edits < nearest.edits)) {
      nearest = { key, edits };
    }
  }
  return nearest?.key;
}

/** Case, separators, and the mark that some editors put before the first key. */
function bare(key: string): string {
  return key.toUpperCase().replace(/[^A-Z0-9]/g, "");
}

/** The last word misspelled, left out, or one too many; with two words only, `LOG_DIR` is not `LOG_FILE`. */
function sameButLastWord(unknown: string, key: SettingKey): boolean {
  const given = unknown.toUpperCase().split(/[^A-Z0-9]+/);
  const known = key.split("_");
  let same = 0;
  while (same < known.length && given[same] === known[same]) same++;
  if (same === known.length) return given.length === known.length + 1;
  return same >= LEADING_WORDS_MIN && same === known.length - 1 && given.length <= known.length;
}

/** Damerau-Levenshtein distance in its restricted form (optimal string alignment). */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
