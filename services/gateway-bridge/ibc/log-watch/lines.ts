/** More of a line is not looked at: what IBC says to us is short, and a dump of a window may be of any length. */
export const LINE_CHARACTERS_MAX = 2048;

const NEW_LINE = 0x0a;

export interface Line {
  readonly text: string;
  /** Where it begins, bytes from the start of what was given. */
  readonly at: number;
}

export interface Taken {
  readonly lines: readonly Line[];
  /** Bytes that need not be read again; what follows is a line that is not complete yet. */
  readonly consumed: number;
  /** The next bytes are the rest of a line that was too long to be kept waiting for. */
  readonly inLongLine: boolean;
}

/**
 * Cuts bytes into lines; a carriage return before the new line goes with it.
 *
 * @param inLongLine as the last call left it
 * @param wait whether an unfinished last line may be left for the next reading; false takes it as it is
 */
export function takeLines(bytes: Buffer, inLongLine: boolean, wait: boolean): Taken {
  const lines: Line[] = [];
  let from = 0;
  let skipping = inLongLine;
  for (let end = bytes.indexOf(NEW_LINE, from); end !== -1; end = bytes.indexOf(NEW_LINE, from)) {
    if (!skipping) lines.push({ text: textOf(bytes.subarray(from, end)), at: from });
    skipping = false;
    from = end + 1;
  }
  if (wait || from === bytes.length) return { lines, consumed: skipping ? bytes.length : from, inLongLine: skipping };
  if (!skipping) lines.push({ text: textOf(bytes.subarray(from)), at: from });
  return { lines, consumed: bytes.length, inLongLine: true };
}

/** Java writes the machine's code page; what we look for is plain ASCII in all of them. */
const textOf = (bytes: Buffer): string => bytes.subarray(0, LINE_CHARACTERS_MAX).toString("latin1").replace(/\r$/, "");
