import { appendFile, mkdir, mkdtemp, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LogPosition, LogWatch } from "./log-watch.ts";

const MONDAY = "IBC-3.24.1_GATEWAY-1045_MONDAY.txt";
const TUESDAY = "IBC-3.24.1_GATEWAY-1045_TUESDAY.txt";
const HEADER = "\r\n================\r\nStarting IBC version 3.24.1 on Tue 03/10/2026 at  9:23:06.25\r\n";

let folder: string;
let position: LogPosition | null;
let told: string[];
let ids: Set<string>;
let nowMs: number;
let minute: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crucible-ibc-log-"));
  position = null;
  told = [];
  ids = new Set();
  nowMs = 0;
  minute = 0;
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const watch = (path = folder) =>
  new LogWatch({
    path,
    position,
    awaitsLogin: false,
    keepPosition: async (next) => {
      position = next;
    },
    alert: async ({ code }, id) => {
      told.push(code);
      ids.add(id);
    },
    onLoginTrouble: () => told.push("trouble"),
    onNote: () => undefined,
    onFailure: (error) => {
      throw error;
    },
    nowMs: () => nowMs,
  });
function line(words: string): string {
  minute += 1;
  return `2026-03-10 09:${String(minute).padStart(2, "0")}:43:459 IBC: ${words}\r\n`;
}
const PROMPT = "Second Factor Authentication initiated";
const DEVICE = "could not find second factor device 'IB Key' in the list";
const SESSION = "User must choose whether to continue with this session";
const LOGGED_IN = "Login has completed";
const write = (name: string, ...lines: string[]) => appendFile(join(folder, name), lines.join(""));
/** Puts the time of the last write where the test wants it: files written in one moment have an order. */
const writtenAt = (name: string, seconds: number) => utimes(join(folder, name), seconds, seconds);

describe("IBC's log as it grows", () => {
  it("is read once, line by line, and an unfinished line when it is finished", async () => {
    await write(MONDAY, HEADER);
    const log = watch();
    await log.look();
    expect(told).toEqual([]);
    await write(MONDAY, line(PROMPT), "2026-03-10 09:59:43:459 IBC: could not find sec");
    await log.look();
    await log.look();
    expect(told).toEqual(["IBC_SECOND_FACTOR"]);
    await write(MONDAY, "ond factor device 'IB Key' in the list\r\n");
    await log.look();
    expect(told).toEqual(["IBC_SECOND_FACTOR", "IBC_SECOND_FACTOR_DEVICE"]);
  });

  it("is not repeated, and not missed, by a bridge that starts again", async () => {
    await write(MONDAY, HEADER, line(PROMPT));
    await watch().look();
    await write(MONDAY, line(DEVICE));
    await watch().look();
    await watch().look();
    expect(told).toEqual(["IBC_SECOND_FACTOR", "IBC_SECOND_FACTOR_DEVICE"]);
  });

  it("names an alert by its line, so that one raised twice by a bridge killed in between is one", async () => {
    await write(MONDAY, HEADER, line(PROMPT));
    await watch().look();
    position = null;
    await watch().look();
    expect(told).toEqual(["IBC_SECOND_FACTOR", "IBC_SECOND_FACTOR"]);
    expect(ids.size).toBe(1);
  });

  it("goes on in the next day's file after the last line of the one before, even an unfinished one", async () => {
    await write(MONDAY, HEADER, line(LOGGED_IN));
    await writtenAt(MONDAY, 1000);
    const log = watch();
    await log.look();
    await write(MONDAY, line(DEVICE).trimEnd());
    await writtenAt(MONDAY, 2000);
    await write(TUESDAY, HEADER, line(PROMPT));
    await writtenAt(TUESDAY, 3000);
    await log.look();
    expect(told).toEqual(["IBC_SECOND_FACTOR_DEVICE", "IBC_SECOND_FACTOR"]);
  });

  it("is read from its beginning when it was made anew under the same name, or cut", async () => {
    await write(MONDAY, HEADER, line(LOGGED_IN), line(LOGGED_IN), line(LOGGED_IN));
    const log = watch();
    await log.look();
    await writeFile(join(folder, MONDAY), `${HEADER.replace("03/10", "03/17")}${line(PROMPT)}${" \n".repeat(200)}`);
    await log.look();
    expect(told).toEqual(["IBC_SECOND_FACTOR"]);
    await truncate(join(folder, MONDAY), 0);
    await log.look();
    await write(MONDAY, line(DEVICE));
    await log.look();
    expect(told).toEqual(["IBC_SECOND_FACTOR", "IBC_SECOND_FACTOR_DEVICE"]);
  });

  it("begins at what is open when it is looked at for the first time", async () => {
    await write(MONDAY, HEADER, line(SESSION), line(LOGGED_IN), line("x".repeat(600_000)), line(PROMPT));
    await watch().look();
    expect(told).toEqual(["IBC_SECOND_FACTOR"]);
  });

  it("is the newest of a folder, and the gateway's where TWS logs to it as well", async () => {
    await write(MONDAY, HEADER, line(DEVICE));
    await writtenAt(MONDAY, 1000);
    await write(TUESDAY, HEADER, line(PROMPT));
    await writtenAt(TUESDAY, 2000);
    await write("IBC-3.24.1_TWS-1045_TUESDAY.txt", HEADER, line(SESSION));
    await write("README.txt", line(SESSION));
    await watch().look();
    expect(told).toEqual(["IBC_SECOND_FACTOR"]);
  });

  it("may be one file", async () => {
    await write("ibc.log", HEADER, line(PROMPT));
    await watch(join(folder, "ibc.log")).look();
    expect(told).toEqual(["IBC_SECOND_FACTOR"]);
  });

  it("is followed through a line of any length", async () => {
    await write(MONDAY, HEADER);
    const log = watch();
    await log.look();
    await write(MONDAY, line("y".repeat(200_000)), line(PROMPT));
    await log.look();
    expect(told).toEqual(["IBC_SECOND_FACTOR"]);
  });

  it("posts a login that failed, and not one that a later line made good", async () => {
    await write(MONDAY, HEADER, line("Login failed"), line(LOGGED_IN));
    const log = watch();
    await log.look();
    expect(told).toEqual(["IBC_LOGGED_IN"]);
    await write(MONDAY, line("Login failed"));
    await log.look();
    expect(told).toEqual(["IBC_LOGGED_IN", "trouble"]);
  });
});

describe("a log that is not there", () => {
  it("is told once, looked for again, and read when it is there", async () => {
    const path = join(folder, "Logs");
    const log = watch(path);
    for (let look = 0; look < 5; look += 1) await log.look();
    expect(told).toEqual(["IBC_LOG_UNREADABLE"]);
    await mkdir(path);
    await log.look();
    expect(told).toEqual(["IBC_LOG_UNREADABLE"]);
    await write(join("Logs", MONDAY), HEADER, line(PROMPT));
    await log.look();
    expect(told).toEqual(["IBC_LOG_UNREADABLE", "IBC_SECOND_FACTOR"]);
  });

  it("is given a minute when it was there before: IBC's script makes it anew", async () => {
    await write(MONDAY, HEADER);
    const log = watch();
    await log.look();
    await rm(join(folder, MONDAY));
    await log.look();
    nowMs += 59_000;
    await log.look();
    expect(told).toEqual([]);
    nowMs += 2000;
    await log.look();
    await log.look();
    expect(told).toEqual(["IBC_LOG_UNREADABLE"]);
  });
});
