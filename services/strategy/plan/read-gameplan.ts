import { readFile, stat } from "node:fs/promises";
import { type Gameplan, gameplanSchema } from "#libs/contracts/mod.ts";

/** A larger file is no gameplan. */
const BYTES_MAX = 1024 * 1024;

/** What stands at the gameplan's path right now. */
export type GameplanFile =
  | { readonly kind: "plan"; readonly plan: Gameplan; readonly text: string }
  | { readonly kind: "missing"; readonly problem: string }
  /** One line a field: where, what is wrong, what is expected. */
  | { readonly kind: "invalid"; readonly problem: string };

/** Reads and checks a gameplan; what is wrong with it is an answer, not an exception. */
export async function readGameplan(path: string): Promise<GameplanFile> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > BYTES_MAX) return invalid(`${path} has ${size} bytes; a gameplan has at most ${BYTES_MAX}`);
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT") return { kind: "missing", problem: `there is no file ${path}` };
    return invalid(`${path} cannot be read (${code})`);
  }
  return parseGameplan(text);
}

export function parseGameplan(text: string): GameplanFile {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return invalid(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = gameplanSchema.safeParse(json);
  if (checked.success) return { kind: "plan", plan: checked.data, text };
  return invalid(
    checked.error.issues
      .map((issue) => `${issue.path.map(String).join(".") || "(the file)"}: ${issue.message}`)
      .join("\n"),
  );
}

/** Changes when the file does; undefined when there is none. Polled: watching files misses replaced ones. */
export async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs}-${size}-${ino}`;
  } catch {
    // Not there, or not readable: `readGameplan` says which when it matters.
    return undefined;
  }
}

const invalid = (problem: string): GameplanFile => ({ kind: "invalid", problem });
