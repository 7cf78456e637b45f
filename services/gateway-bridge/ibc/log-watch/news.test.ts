import { describe, expect, it } from "vitest";
import { classify } from "./meanings.ts";
import { type Finding, newsOf, nothingTold, TOLD_AGAIN_AFTER_MS, type Told } from "./news.ts";

const PROMPT = "Second Factor Authentication initiated";
const FAILED = "Login failed";
const LOGGED_IN = "Login has completed";
const RESTART_TIME = "Auto restart time setting must be hh:mm AM or hh:mm PM";

function findings(...lines: string[]): Finding[] {
  return lines.map((line, index) => {
    const meaning = classify(`2026-03-10 16:31:43:459 IBC: ${line}`);
    if (meaning === null) throw new Error(line);
    return { id: String(index), meaning };
  });
}
const codes = (lines: string[], told: Told = nothingTold, nowMs = 0) => {
  const result = newsOf(findings(...lines), told, nowMs);
  return { told: result.told, news: result.news.map((item) => (item.type === "alert" ? item.alert.code : "trouble")) };
};

describe("what the operator hears of IBC's log", () => {
  it("is each thing that waits for him", () => {
    expect(codes([PROMPT]).news).toEqual(["IBC_SECOND_FACTOR"]);
    expect(codes([FAILED]).news).toEqual(["trouble"]);
  });

  it("is one word for one failure, however many lines it left", () => {
    expect(codes([FAILED, "Unrecognized Username or Password", FAILED]).news).toEqual(["trouble"]);
  });

  it("is not what a later line of the same reading ended, but that it is over", () => {
    expect(codes([PROMPT, FAILED, PROMPT, LOGGED_IN]).news).toEqual(["IBC_LOGGED_IN"]);
    expect(codes([LOGGED_IN, PROMPT]).news).toEqual(["IBC_SECOND_FACTOR"]);
  });

  it("is still what no login ends", () => {
    expect(codes([RESTART_TIME, LOGGED_IN]).news).toEqual(["IBC_RESTART_TIME_REFUSED"]);
  });

  it("is the end of what was told, once, and nothing of a login that nobody waited for", () => {
    const first = codes([PROMPT]);
    const second = codes([LOGGED_IN], first.told);
    expect(second.news).toEqual(["IBC_LOGGED_IN"]);
    expect(codes([LOGGED_IN], second.told).news).toEqual([]);
  });

  it("is a prompt that comes every three minutes once an hour, and again at once after a login", () => {
    let { told } = codes([PROMPT]);
    let heard = 0;
    for (let nowMs = 180_000; nowMs < TOLD_AGAIN_AFTER_MS; nowMs += 180_000) {
      const next = codes([PROMPT], told, nowMs);
      heard += next.news.length;
      told = next.told;
    }
    expect(heard).toBe(0);
    expect(codes([PROMPT], told, TOLD_AGAIN_AFTER_MS).news).toEqual(["IBC_SECOND_FACTOR"]);
    const after = codes([LOGGED_IN], told, 1).told;
    expect(codes([PROMPT], after, 2).news).toEqual(["IBC_SECOND_FACTOR"]);
  });
});
