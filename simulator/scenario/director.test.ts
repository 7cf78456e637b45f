import { describe, expect, it } from "vitest";
import { instantOf } from "../market/new-york.ts";
import type { Action } from "./actions.ts";
import { Director } from "./director.ts";
import { type StepInput, stepSchema } from "./steps.ts";

/** A director whose actions are written down instead of done; "wait" ends when `goOn` is called. */
function stage(nowS = instantOf("2025-10-07", "10:00:00")) {
  const done: string[] = [];
  const failed: string[] = [];
  const timers: { delayMs: number; run: () => void }[] = [];
  const waits: (() => void)[] = [];
  const director = new Director({
    perform: (action: Action) => {
      if (action.action === "wait") return new Promise((resolve) => waits.push(resolve));
      if (action.action === "error" && action.code === 0) throw new Error("no such code");
      done.push(action.action === "error" ? String(action.code) : action.action);
      return undefined;
    },
    later: (delayMs, run) => timers.push({ delayMs, run }),
    marketNowS: () => nowS,
    onFailure: (_, error) => failed.push(String(error)),
  });
  const arm = (...steps: StepInput[]) => director.arm(steps.map((step) => stepSchema.parse(step)));
  return { director, arm, done, failed, timers, waits };
}

const error = (code: number) => ({ action: "error", code, text: "" }) as const;

describe("a step", () => {
  it("without a time happens at once", () => {
    const { arm, done } = stage();
    arm({ do: [error(1), error(2)] });
    expect(done).toEqual(["1", "2"]);
  });

  it("meets the very message it waits for: it is done before the call returns", () => {
    const { director, arm, done } = stage();
    arm({ when: { on: "received", message: "PLACE_ORDER", nth: 2 }, do: [error(1), error(2)] });
    director.see({ kind: "received", message: "PLACE_ORDER" });
    director.see({ kind: "received", message: "REQ_IDS" });
    director.see({ kind: "sent", message: "OPEN_ORDER" });
    expect(done).toEqual([]);
    director.see({ kind: "received", message: "PLACE_ORDER" });
    expect(done).toEqual(["1", "2"]);
    director.see({ kind: "received", message: "PLACE_ORDER" });
    expect(done).toEqual(["1", "2"]);
  });

  it("happens every time from its nth on when that is wanted", () => {
    const { director, arm, done } = stage();
    arm({ when: { on: "connect", nth: 2, every: true }, do: [error(1)] });
    for (let index = 0; index < 4; index += 1) director.see({ kind: "connect" });
    expect(done).toEqual(["1", "1", "1"]);
  });

  it("happens at its market time, the next time the clocks show it", () => {
    const { director, arm, done } = stage();
    arm(
      { when: { on: "market-time", at: "10:15:00" }, do: [error(2)] },
      { when: { on: "market-time", at: "10:05" }, do: [error(1)] },
      { when: { on: "market-time", at: "09:45:00" }, do: [error(3)] },
      { when: { on: "market-time", at: "10:00:00" }, do: [error(4)] },
    );
    expect(done).toEqual(["4"]);
    director.reach(instantOf("2025-10-07", "10:04:59"));
    expect(done).toEqual(["4"]);
    director.reach(instantOf("2025-10-07", "10:30:00"));
    expect(done).toEqual(["4", "1", "2"]);
    director.reach(instantOf("2025-10-08", "09:44:59"));
    expect(done).toEqual(["4", "1", "2"]);
    director.reach(instantOf("2025-10-08", "09:45:00"));
    expect(done).toEqual(["4", "1", "2", "3"]);
  });

  it("happens after so many seconds of the machine", () => {
    const { arm, done, timers } = stage();
    arm({ when: { on: "elapsed", seconds: 2.5 }, do: [error(1)] });
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([2500]);
    timers[0]?.run();
    expect(done).toEqual(["1"]);
  });

  it("goes on after an action that takes time, and ends at one that fails, which is said", async () => {
    const { arm, done, failed, waits } = stage();
    arm({ do: [error(1), { action: "wait", ms: 10 }, error(2), error(0), error(3)] });
    expect(done).toEqual(["1"]);
    waits[0]?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(done).toEqual(["1", "2"]);
    expect(failed).toEqual(["Error: no such code"]);
  });
});
