import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSettings, readEnvFile } from "./mod.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crucible-config-"));
  path = join(folder, ".env");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(content: string | Buffer) {
  writeFileSync(path, content);
  return readEnvFile(path);
}

describe("the .env file", () => {
  it("is read with comments, quotes, blanks and export", () => {
    expect(
      read(
        [
          "# a comment",
          "",
          "DRY_RUN=false   # only on Tuesdays",
          "  export IBKR_PORT = 4001",
          "LOG_FILE='C:\\new\\crucible.log'",
          'SIM_SYMBOLS="SPY,BRK B"',
          "LIVE_ACCOUNT=",
        ].join("\n"),
      ),
    ).toEqual({
      DRY_RUN: "false",
      IBKR_PORT: "4001",
      LOG_FILE: "C:\\new\\crucible.log",
      SIM_SYMBOLS: "SPY,BRK B",
      LIVE_ACCOUNT: "",
    });
  });

  it("may come from a Windows editor: line ends of two characters and a byte order mark", () => {
    expect(read("\uFEFFDRY_RUN=false\r\nIBKR_PORT=4001\r\n")).toEqual({ DRY_RUN: "false", IBKR_PORT: "4001" });
  });

  it("may hold a value of several lines", () => {
    expect(read('NOTE="one\ntwo = 2\nthree"\nDRY_RUN=yes')).toEqual({ NOTE: "one\ntwo = 2\nthree", DRY_RUN: "yes" });
  });

  it("may be absent", () => {
    expect(readEnvFile(path)).toBeUndefined();
  });

  it("is refused where a line would be silently dropped, with every such line and none of its value", () => {
    const content = "DRY_RUN false\n\nMAX_POSITION_PCT: 0.05\nDISCORD_WEBHOOK_URL https://secret\n=5\nIBKR_PORT=4001";
    expect(() => read(content)).toThrow(
      expect.objectContaining({
        code: "SETTINGS_INVALID",
        problems: [
          expect.objectContaining({ key: `${path} line 1`, given: "DRY_RUN without a = after it" }),
          expect.objectContaining({ key: `${path} line 3`, given: "MAX_POSITION_PCT without a = after it" }),
          expect.objectContaining({ key: `${path} line 4`, given: "DISCORD_WEBHOOK_URL without a = after it" }),
          expect.objectContaining({ key: `${path} line 5`, given: "a line that is not KEY=value" }),
        ],
      }),
    );
    expect(() => read(content)).not.toThrow(/secret/);
  });

  it("is refused when a key is given twice", () => {
    expect(() => read("DRY_RUN=true\nIBKR_PORT=4001\nDRY_RUN=false\n")).toThrow(
      /line 3: given DRY_RUN a second time \(first on line 1\)/,
    );
  });

  it("does not let an unclosed quote swallow the lines after it", () => {
    expect(read('DATA_DIR="data\nDRY_RUN=false')).toEqual({ DATA_DIR: '"data', DRY_RUN: "false" });
    expect(() => parseSettings(read('DATA_DIR="data\nDRY_RUN=false') ?? {})).toThrow(/DATA_DIR: .*quote is part of it/);
  });

  it.each([
    ["UTF-16", Buffer.from("\uFEFFDRY_RUN=false\n", "utf16le")],
    ["Latin-1", Buffer.from("DATA_DIR=d\u00e4ta\n", "latin1")],
    ["binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2])],
  ])("is refused when it is not UTF-8: %s", (_name, bytes) => {
    expect(() => read(bytes)).toThrow(/not UTF-8 text/);
  });

  it("is refused when it cannot be read, such as a folder of that name", () => {
    mkdirSync(path);
    expect(() => readEnvFile(path)).toThrow(/cannot be read \(EISDIR\)/);
  });
});
