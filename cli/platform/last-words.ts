import { readFile } from "node:fs/promises";
import type { ManagedApp } from "./process-manager.ts";

const TAIL_BYTES = 16 * 1024;
const LINES_MAX = 12;

/** Why an app went down, in its own words: its last fatal log line, else the end of its standard error. */
export async function lastWords(app: ManagedApp): Promise<string> {
  if (app.status === "online") return "";
  const fatal = (await tail(app.outLog))
    .reverse()
    .map(messageOfFatal)
    .find((message) => message !== undefined);
  if (fatal !== undefined) return fatal;
  return (await tail(app.errorLog)).slice(-LINES_MAX).join("\n    ");
}

function messageOfFatal(line: string): string | undefined {
  if (!line.includes('"fatal"')) return undefined;
  try {
    const { msg, error } = JSON.parse(line) as { msg?: string; error?: string };
    return [msg, error?.split("\n")[0]].filter(Boolean).join(": ");
  } catch {
    return undefined;
  }
}

async function tail(path: string): Promise<string[]> {
  try {
    const text = await readFile(path, "utf8");
    return text
      .slice(-TAIL_BYTES)
      .split("\n")
      .filter((line) => line.trim() !== "");
  } catch {
    // The app never wrote anything.
    return [];
  }
}
