import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LIBRARY_MESSAGES_PER_SECOND,
  MESSAGES_PER_SECOND,
  PRIORITIES,
  type Priority,
  SendQueue,
} from "./send-queue.ts";

function open(perSecond: number) {
  const sent: { what: string; atMs: number }[] = [];
  let nowMs = 0;
  let wake: { run: () => void; atMs: number } | undefined;
  const queue = new SendQueue({
    perSecond,
    nowMs: () => nowMs,
    later: (run, ms) => {
      wake = { run, atMs: nowMs + ms };
    },
  });
  const push = (priority: Priority, what: string) =>
    queue.push(priority, { send: () => void sent.push({ what, atMs: nowMs }) });
  const pass = (ms: number) => {
    const untilMs = nowMs + ms;
    while (wake !== undefined && wake.atMs <= untilMs) {
      const { run, atMs } = wake;
      wake = undefined;
      nowMs = atMs;
      run();
    }
    nowMs = untilMs;
  };
  return { queue, sent, push, pass };
}

describe("the queue in front of the library", () => {
  it("sends at once while the pace allows it", () => {
    const { push, sent } = open(2);
    push("data", "a");
    push("order", "b");
    expect(sent.map(({ what }) => what)).toEqual(["a", "b"]);
  });

  it("lets the heartbeat pass cancels, cancels pass orders, orders pass queries, and queries pass data", () => {
    const { push, sent, pass } = open(1);
    push("data", "first");
    for (const priority of [...PRIORITIES].reverse()) push(priority, priority);
    pass(10_000);
    expect(sent.map(({ what }) => what)).toEqual(["first", "heartbeat", "cancel", "order", "query", "data"]);
  });

  it("lets the heartbeat leave within a second, however many cancels wait: its deadline is ten", () => {
    const { push, sent, pass } = open(MESSAGES_PER_SECOND);
    for (let count = 0; count < 520; count += 1) push("cancel", "cancel");
    push("heartbeat", "heartbeat");
    pass(20_000);
    expect(sent).toHaveLength(521);
    expect(sent.find(({ what }) => what === "heartbeat")?.atMs).toBeLessThanOrEqual(1001);
  });

  it("counts every message of a group, and lets none leave before all of it may", () => {
    const { queue, sent, push, pass } = open(4);
    for (const what of ["a", "b"]) push("data", what);
    queue.push("order", { messages: 3, send: () => void sent.push({ what: "group", atMs: 0 }) });
    pass(999);
    expect(sent.map(({ what }) => what)).toEqual(["a", "b"]);
    pass(2);
    expect(sent.map(({ what }) => what)).toEqual(["a", "b", "group"]);
  });

  it("keeps below the broker's pace, and the library's own queue empty: a second's worth is less than it lets go in a tenth of one", () => {
    expect(MESSAGES_PER_SECOND).toBeLessThan(50);
    expect(LIBRARY_MESSAGES_PER_SECOND / 10).toBeGreaterThan(MESSAGES_PER_SECOND);
  });

  it("asks at the moment of writing whether it may still be written (law 3)", () => {
    const { queue, push, pass } = open(1);
    let allowed = true;
    const outcome: string[] = [];
    push("data", "first");
    queue.push("order", {
      mayStillSend: () => allowed,
      send: () => void outcome.push("sent"),
      onDropped: () => void outcome.push("dropped"),
    });
    allowed = false;
    pass(2000);
    expect(outcome).toEqual(["dropped"]);
  });

  it("drops what waits when the connection ends, and writes nothing after it", () => {
    const { queue, push, sent, pass } = open(1);
    const dropped: string[] = [];
    push("data", "first");
    queue.push("order", {
      send: () => void sent.push({ what: "late", atMs: 0 }),
      onDropped: () => void dropped.push("waiting"),
    });
    queue.close();
    queue.push("order", {
      send: () => void sent.push({ what: "late", atMs: 0 }),
      onDropped: () => void dropped.push("after"),
    });
    pass(5000);
    expect(dropped).toEqual(["waiting", "after"]);
    expect(sent).toHaveLength(1);
  });

  it("never sends more than the pace in any second, and everything in the end", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.integer({ min: 0, max: 400 }), priority: fc.constantFrom(...PRIORITIES) }), {
          maxLength: 200,
        }),
        (pushes) => {
          const { push, sent, pass } = open(45);
          for (const [at, { wait, priority }] of pushes.entries()) {
            push(priority, String(at));
            pass(wait < 350 ? 0 : wait);
          }
          pass(60_000);
          expect(sent).toHaveLength(pushes.length);
          for (const [at, { atMs }] of sent.entries()) {
            const earlier = sent[at - 45];
            if (earlier !== undefined) expect(atMs - earlier.atMs).toBeGreaterThanOrEqual(1000);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
