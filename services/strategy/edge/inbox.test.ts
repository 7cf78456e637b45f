import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Inbox } from "./inbox.ts";

function inboxOf() {
  const handled: string[] = [];
  let overflows = 0;
  const inbox = new Inbox<string>(
    (event) => handled.push(event),
    () => {
      overflows += 1;
    },
  );
  return { inbox, handled, overflows: () => overflows };
}

describe("the inbox", () => {
  it("keeps the order in which events came, and of one key only the newest", async () => {
    const { inbox, handled } = inboxOf();
    inbox.push("bar 1");
    inbox.push("quote 1", { key: "SPY" });
    inbox.push("bar 2");
    inbox.push("quote 2", { key: "SPY" });
    inbox.push("fact");
    await turn();
    expect(handled).toEqual(["bar 1", "bar 2", "quote 2", "fact"]);
  });

  it("does not grow with quotes, and leaves out bars but no facts when too much waits", () => {
    const { inbox, overflows } = inboxOf();
    inbox.pause();
    for (let index = 0; index < 50_000; index += 1) inbox.push("quote", { key: `S${index % 10}` });
    expect(inbox.length).toBe(10);
    for (let index = 0; index < 11_000; index += 1) inbox.push("bar", { expendable: true });
    expect(inbox.length).toBe(10_000);
    expect(overflows()).toBe(1010);
    inbox.push("fact");
    expect(inbox.length).toBe(10_001);
  });

  it("waits while it is paused, and takes up what came meanwhile", async () => {
    const { inbox, handled } = inboxOf();
    inbox.push("first");
    inbox.pause();
    await turn();
    expect(handled).toEqual([]);
    inbox.push("second");
    inbox.resume();
    await turn();
    expect(handled).toEqual(["first", "second"]);
  });

  it("gives the sockets their turn between many events", async () => {
    const { inbox, handled } = inboxOf();
    for (let index = 0; index < 1200; index += 1) inbox.push("event");
    await turn();
    expect(handled.length).toBe(500);
    await turn();
    await turn();
    expect(handled.length).toBe(1200);
  });
});
