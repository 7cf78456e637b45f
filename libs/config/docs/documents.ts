import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { envExample } from "./env-example.ts";
import { settingsPage } from "./settings-page.ts";

const DOCUMENTS = [
  { path: ".env.example", text: envExample },
  { path: "docs/settings.md", text: settingsPage },
];

export function writeDocuments(root: string): void {
  for (const { path, text } of DOCUMENTS) writeFileSync(join(root, path), text());
}

/** A line for each document that is absent or not what the table says now. */
export function outOfDate(root: string): string[] {
  return DOCUMENTS.filter(({ path, text }) => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text();
  }).map(({ path }) => `${path} is out of date with libs/config. Run \`npm run generate\` and commit the result.`);
}
