import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSettings, readEnvFile } from "../mod.ts";
import { SETTING_KEYS, SETTINGS } from "../settings.ts";
import { outOfDate, writeDocuments } from "./documents.ts";
import { settingsPage } from "./settings-page.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "crucible-config-"));
  mkdirSync(join(root, "docs"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("what is generated from the table", () => {
  it("is up to date in the repository", () => {
    expect(outOfDate(fileURLToPath(new URL("../../../", import.meta.url)))).toEqual([]);
  });

  it("is found out of date, with the command that helps, when it is absent or was changed by hand", () => {
    expect(outOfDate(root)).toHaveLength(2);
    writeDocuments(root);
    expect(outOfDate(root)).toEqual([]);
    appendFileSync(join(root, ".env.example"), "MORE=1\n");
    expect(outOfDate(root)).toEqual([
      ".env.example is out of date with libs/config. Run `npm run generate` and commit the result.",
    ]);
  });

  it("is an .env.example that names every key and changes nothing when it is copied", () => {
    writeDocuments(root);
    const raw = readEnvFile(join(root, ".env.example")) ?? {};
    expect(Object.keys(raw).sort()).toEqual([...SETTING_KEYS].sort());
    expect(parseSettings(raw)).toEqual(parseSettings({}));
  });

  it("is a page with a row for every key", () => {
    const lines = settingsPage().split("\n");
    for (const key of SETTING_KEYS) expect(lines.filter((line) => line.startsWith(`| \`${key}\` |`))).toHaveLength(1);
  });

  it("gives each key a default and an example that are allowed, a description, and a name of its own", () => {
    for (const key of SETTING_KEYS) {
      const setting = SETTINGS[key];
      expect(setting.schema.safeDecode(setting.default).success, `default of ${key}`).toBe(true);
      // A secret's example shows its shape and is cut short, so that nobody posts to it.
      if (!setting.secret) expect(setting.schema.safeDecode(setting.example).success, `example of ${key}`).toBe(true);
      expect(setting.description.endsWith("."), `description of ${key}`).toBe(true);
    }
    expect(new Set(SETTING_KEYS.map((key) => SETTINGS[key].field)).size).toBe(SETTING_KEYS.length);
  });
});
