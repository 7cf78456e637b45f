import { readFile } from "node:fs/promises";
import { type CalendarOverride, calendarOverridesSchema } from "#libs/time/mod.ts";
import { ConfigurationError } from "./configuration-error.ts";

/**
 * Reads the file of calendar overrides; an empty path is none.
 *
 * @throws ConfigurationError in one line: which entry and field, and what it must be
 */
export async function readCalendarOverrides(path: string): Promise<CalendarOverride[]> {
  if (path === "") return [];
  const refusal = (why: string, cause?: unknown) =>
    new ConfigurationError(`CALENDAR_OVERRIDES_PATH: ${path} ${why}`, { cause });
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const gone = error.code === "ENOENT";
    throw refusal(
      gone ? "is not there: correct the path, or leave it empty" : `cannot be read: ${error.message}`,
      error,
    );
  });
  const result = calendarOverridesSchema.safeParse(parseJson(text, refusal));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path: [entry, field], message }) => {
    const where = [...(entry === undefined ? [] : [`entry ${Number(entry) + 1}`]), ...(field ? [String(field)] : [])];
    return [where.join(", "), message].filter(Boolean).join(": ");
  });
  throw refusal(`cannot be used: ${faults.join("; ")}`);
}

function parseJson(text: string, refusal: (why: string, cause: unknown) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusal(`is not JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
