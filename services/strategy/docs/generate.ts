import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { gameplanSchema } from "#libs/contracts/mod.ts";

/** Writes `gameplans/gameplan.schema.json`, for editors; with `--check` it only tells whether it is up to date. */
const path = new URL("../../../gameplans/gameplan.schema.json", import.meta.url);
const schema = {
  ...z.toJSONSchema(gameplanSchema, { io: "input" }),
  title: "Gameplan",
  description: "The day's plan: which strategies, which symbols, what capital, from when to when (New York).",
};
const wanted = `${format(schema, "")}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== wanted) {
    console.error("gameplans/gameplan.schema.json is out of date. Run `node services/strategy/docs/generate.ts`.");
    process.exit(1);
  }
} else {
  writeFileSync(path, wanted);
}

/** As the formatter of the repository writes JSON: a list of plain values stands on one line. */
function format(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object")) return JSON.stringify(value).replaceAll('","', '", "');
    return `[\n${value.map((item) => inner + format(item, inner)).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${format(item, inner)}`).join(",\n")}\n${indent}}`;
}
