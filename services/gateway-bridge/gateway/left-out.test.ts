import { expect, it } from "vitest";
import { AGAIN_MS, LeftOut, TOLD_MAX } from "./left-out.ts";

it("tells what is of one kind once in a while, and then how often it came meanwhile", () => {
  const leftOut = new LeftOut();
  expect(leftOut.note("ticks", "a price of NaN", 0)?.alert?.text).toContain("a price of NaN");
  for (let at = 1; at <= 1000; at += 1) expect(leftOut.note("ticks", `a price of -${at}`, at)).toBeNull();
  expect(leftOut.note("bars", "a bar of the year 5000", 1001)?.alert).not.toBeNull();
  expect(leftOut.note("ticks", "a price of NaN", AGAIN_MS)?.alert?.text).toContain("1000 more like it");
});

it("tells no storm of kinds: the last alert says that the rest is in the log", () => {
  const leftOut = new LeftOut();
  const noted = Array.from({ length: 1000 }, (_, at) => leftOut.note(`execution ${at}`, `execution ${at}`, at));
  const told = noted.flatMap((note) => note?.alert ?? []);
  expect(told).toHaveLength(TOLD_MAX);
  expect(told.filter(({ text }) => text.includes("in the log alone"))).toEqual([told.at(-1)]);
  expect(noted.every((note) => note !== null)).toBe(true);
  expect(leftOut.note("execution 1000", "execution 1000", AGAIN_MS)?.alert).not.toBeNull();
});
