import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { SettingsError, type SettingsProblem } from "./errors.ts";

/**
 * Reads a `.env` file: `KEY=value` lines, `#` comments, quotes, as Node's own `--env-file`. Returns undefined when
 * there is no such file. Throws `SettingsError` for what Node would silently drop or overwrite: a line without `=`,
 * a key given twice, a file that is not UTF-8; and for a file that cannot be read.
 */
export function readEnvFile(path: string): Record<string, string> | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new SettingsError([
      {
        key: path,
        given: `a file that cannot be read (${codeOf(error)})`,
        allowed: "a readable text file",
        example: ".env",
      },
    ]);
  }
  const text = decode(bytes, path);
  const problems = lineProblems(text, path);
  if (problems.length > 0) throw new SettingsError(problems);
  return { ...parseEnv(text) } as Record<string, string>;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** Windows' editors put a byte order mark first, and PowerShell's `>` writes UTF-16. */
function decode(bytes: Buffer, path: string): string {
  try {
    if (bytes.includes(0)) throw new TypeError("NUL byte");
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Whatever the decoder's complaint, the one fix is to save the file in the right encoding.
    throw new SettingsError([
      {
        key: path,
        given: "a file that is not UTF-8 text (UTF-16 is what PowerShell's > writes)",
        allowed: "UTF-8: save it again with that encoding",
        example: "copy .env.example .env",
      },
    ]);
  }
}

type Line = { number: number; key: string } & ({ kind: "pair" } | { kind: "stray" });

/** No problem names a value: a line that could not be read may hold the webhook. */
function lineProblems(text: string, path: string): SettingsProblem[] {
  const firstLineOf = new Map<string, number>();
  const problems: SettingsProblem[] = [];
  for (const line of linesOf(text)) {
    const where = `${path} line ${line.number}`;
    if (line.kind === "stray") {
      problems.push({
        key: where,
        given: line.key === "" ? "a line that is not KEY=value" : `${line.key} without a = after it`,
        allowed: "KEY=value, or a comment that begins with #",
        example: `${line.key || "DRY_RUN"}=...`,
      });
      continue;
    }
    const first = firstLineOf.get(line.key);
    if (first === undefined) firstLineOf.set(line.key, line.number);
    else {
      problems.push({
        key: where,
        given: `${line.key} a second time (first on line ${first})`,
        allowed: "each key once: remove one of the lines",
        example: `${line.key}=...`,
      });
    }
  }
  return problems;
}

function linesOf(text: string): Line[] {
  const lines = text.split(/\r\n|\n|\r/);
  const found: Line[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (/^\s*(#|$)/.test(line)) continue;
    const pair = /^\s*(?:export\s+)?([^\s=#]+)\s*=\s*(.*)$/.exec(line);
    if (pair === null) {
      found.push({ kind: "stray", number: index + 1, key: /^\s*([A-Za-z_]\w{0,63})\b/.exec(line)?.[1] ?? "" });
      continue;
    }
    found.push({ kind: "pair", number: index + 1, key: pair[1] ?? "" });
    index += linesOfQuoted(pair[2] ?? "", lines, index);
  }
  return found;
}

/** How many further lines a quoted value takes; none when its quote is never closed, as Node reads it. */
function linesOfQuoted(value: string, lines: readonly string[], from: number): number {
  const quote = value[0];
  if (quote === undefined || !`"'\``.includes(quote) || value.slice(1).includes(quote)) return 0;
  const closing = lines.findIndex((line, index) => index > from && line.includes(quote));
  return closing === -1 ? 0 : closing - from;
}
