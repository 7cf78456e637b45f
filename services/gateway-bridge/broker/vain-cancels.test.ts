import { expect, it } from "vitest";
import { clientOrderIdSchema } from "#libs/contracts/mod.ts";
import { cancelIgnored, cancelRefused } from "./alerts.ts";
import { TOLD_AGAIN_MS, VainCancels } from "./vain-cancels.ts";

const id = clientOrderIdSchema.parse("a");
const OPEN = new Set([id]);
const refused = cancelRefused(id, "161: no");

it("tells of one whose order the lists show, when they were read after it; of an order that is over nothing", () => {
  const vain = new VainCancels();
  vain.add(id, refused, 100);
  expect(vain.toTell(OPEN, 99, 150)).toEqual([]);
  expect(vain.toTell(OPEN, 100, 200)).toEqual([refused]);
  expect(vain.toTell(OPEN, 200, 300)).toEqual([]);
  vain.add(id, cancelIgnored(id), 300);
  expect(vain.toTell(new Set(), 300, 400)).toEqual([]);
});

it("tells what is asked again in vain once an hour, and not once for ever: a good-till-canceled order lives for weeks", () => {
  const vain = new VainCancels();
  const asked = (atMs: number) => {
    vain.add(id, refused, atMs);
    return vain.toTell(OPEN, atMs, atMs).length;
  };
  expect([0, 5000, TOLD_AGAIN_MS - 1, TOLD_AGAIN_MS, TOLD_AGAIN_MS + 5000].map(asked)).toEqual([1, 0, 0, 1, 0]);
});
