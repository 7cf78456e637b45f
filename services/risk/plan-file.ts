import { readFile, stat } from "node:fs/promises";
import { gameplanSchema } from "#libs/contracts/mod.ts";
import type { PlanView } from "./evaluate/view.ts";

/**
 * The gameplan as risk knows it: read from its file by risk itself, so that no strategy can widen it. Read again when
 * the file changes.
 */
export class PlanFile {
  readonly #path: string;
  #read: PlanView = { known: false, why: "not_read_yet" };
  #stamp = "";

  constructor(path: string) {
    this.#path = path;
  }

  get view(): PlanView {
    return this.#read;
  }

  /** Looks at the file; true when what is in force changed. A file that cannot be used leaves no plan in force. */
  async refresh(): Promise<boolean> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (stamp === this.#stamp) return false;
      this.#read = parse(await readFile(this.#path, "utf8"));
      this.#stamp = stamp;
      return true;
    } catch (error) {
      const why = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      const changed = this.#read.known || this.#read.why !== why;
      this.#read = { known: false, why };
      this.#stamp = "";
      return changed;
    }
  }
}

function parse(text: string): PlanView {
  let json: unknown;
  try {
    // Windows' editors begin a file with a byte order mark.
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return { known: false, why: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const parsed = gameplanSchema.safeParse(json);
  if (parsed.success) return { known: true, plan: parsed.data };
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "(plan)"}: ${issue.message}`);
  return { known: false, why: `is not valid: ${issues.join("; ")}` };
}
