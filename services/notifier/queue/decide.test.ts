import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Severity } from "#libs/contracts/mod.ts";
import { DIGEST_LINES_MAX } from "../message/digest.ts";
import type { Answer } from "./answer.ts";
import { decide, emptyQueue, type QueueEffect, type QueueEvent, type QueueState } from "./decide.ts";
import { entryOf } from "./entries.fixture.ts";
import type { Draft } from "./entry.ts";
import { DISCORD_PACE } from "./pace.ts";

const DELIVERED: Answer = { kind: "delivered", messageId: "1", pauseMs: 0 };
const FAILED: Answer = { kind: "failed", detail: "HTTP 502" };

/** A queue with a clock of its own: each step is fed to it, and what it wants is kept. */
class Driver {
  state: QueueState = emptyQueue(DISCORD_PACE, 0);
  nowMs = 0;
  effects: QueueEffect[] = [];
  readonly posted: Draft[] = [];

  feed(
    event:
      | { kind: "wake" }
      | { kind: "retry" }
      | { kind: "answer"; answer: Answer }
      | { kind: "alert"; severity: Severity; sequence: number },
  ) {
    const full: QueueEvent =
      event.kind === "alert"
        ? { kind: "alert", entry: entryOf(event.sequence, event.severity), nowMs: this.nowMs }
        : event.kind === "answer"
          ? { kind: "answer", answer: event.answer, jitter: 0, nowMs: this.nowMs }
          : { kind: event.kind, nowMs: this.nowMs };
    const step = decide(this.state, full);
    this.state = step.state;
    this.effects = [...step.effects];
    for (const effect of step.effects) if (effect.kind === "post") this.posted.push(effect.draft);
    return this;
  }

  alerts(...severities: Severity[]) {
    for (const [index, severity] of severities.entries()) this.feed({ kind: "alert", severity, sequence: index + 1 });
    return this;
  }

  answer(answer: Answer) {
    return this.feed({ kind: "answer", answer });
  }

  /** Lets time pass to where the queue wanted to look again. */
  wake() {
    const wake = this.effects.find((effect) => effect.kind === "wake");
    if (wake?.kind === "wake") this.nowMs = wake.atMs;
    return this.feed({ kind: "wake" });
  }

  get sequences() {
    return this.posted.map((draft) => draft.entries.map((entry) => entry.sequence));
  }
}

describe("the delivery queue", () => {
  it("sends criticals first, each alone and in order, then warnings, then information", () => {
    const queue = new Driver().alerts("info", "info", "warning", "critical", "info", "critical");
    for (let turn = 0; turn < 20 && queue.state.entries.length > 0; turn += 1) {
      if (queue.state.inFlight) queue.answer(DELIVERED);
      else queue.wake();
    }
    // The first was alone in the queue when it went.
    expect(queue.sequences).toEqual([[1], [4], [6], [3], [2], [5]]);
    expect(queue.posted.map((draft) => draft.form)).toEqual(["alone", "alone", "alone", "alone", "alone", "alone"]);
  });

  it("makes a digest of information when the queue is long, and groups warnings", () => {
    const many: Severity[] = [...Array<Severity>(100).fill("info"), ...Array<Severity>(4).fill("warning")];
    const queue = new Driver().alerts(...many);
    queue.answer(DELIVERED).answer(DELIVERED);
    expect(queue.posted.map(({ form, entries }) => [form, entries.length])).toEqual([
      ["alone", 1],
      ["group", 4],
      ["digest", DIGEST_LINES_MAX],
    ]);
  });

  it("has at most one message in flight", () => {
    const queue = new Driver().alerts("critical", "critical", "critical").wake().wake();
    expect(queue.posted).toHaveLength(1);
  });

  it("goes no faster than its pace over a minute", () => {
    const queue = new Driver().alerts(...Array<Severity>(60).fill("critical"));
    while (queue.nowMs < 60_000) {
      if (queue.state.inFlight) queue.answer(DELIVERED);
      else queue.wake();
    }
    expect(queue.posted.length).toBeLessThanOrEqual(31);
    expect(queue.posted.length).toBeGreaterThan(25);
  });

  it("waits as long as a 429 says, and then sends the same alert first", () => {
    const queue = new Driver().alerts("critical", "critical");
    queue.answer({ kind: "rate-limited", retryAfterMs: 1500, detail: "HTTP 429" });
    expect(queue.effects).toContainEqual({ kind: "wake", atMs: 1550 });
    queue.nowMs = 1549;
    queue.feed({ kind: "wake" });
    expect(queue.posted).toHaveLength(1);
    queue.wake();
    expect(queue.sequences).toEqual([[1], [1]]);
  });

  it("does not let the operator's retry shorten what Discord asked for", () => {
    const queue = new Driver().alerts("critical");
    queue.answer({ kind: "rate-limited", retryAfterMs: 40_000, detail: "HTTP 429" }).feed({ kind: "retry" });
    expect(queue.posted).toHaveLength(1);
    const failing = new Driver().alerts("critical").answer(FAILED).feed({ kind: "retry" });
    expect(failing.posted).toHaveLength(2);
  });

  it("waits for the reset when the headers say that nothing remains", () => {
    const queue = new Driver().alerts("critical", "critical");
    queue.answer({ kind: "delivered", messageId: "1", pauseMs: 900 });
    expect(queue.posted).toHaveLength(1);
    queue.wake();
    expect(queue.nowMs).toBe(950);
    expect(queue.sequences).toEqual([[1], [2]]);
  });

  it("backs off up to a minute while Discord fails, never gives up, and tells once of the outage and of its end", () => {
    const queue = new Driver().alerts("critical");
    const told: string[] = [];
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      queue.answer(FAILED);
      told.push(...queue.effects.map(({ kind }) => kind).filter((kind) => kind === "unreachable"));
      const before = queue.nowMs;
      queue.wake();
      waits.push(queue.nowMs - before);
    }
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits.at(-1)).toBe(60_000);
    expect(told).toEqual(["unreachable"]);
    queue.answer(DELIVERED);
    expect(queue.effects.map(({ kind }) => kind)).toEqual(["delivered", "reachable"]);
    expect(queue.state.entries).toEqual([]);
  });

  it("sends nothing after Discord refused the webhook, keeps everything, and goes on when the operator says so", () => {
    const queue = new Driver().alerts("critical", "warning");
    queue.answer({ kind: "webhook-refused", detail: "HTTP 404, 10015: Unknown Webhook" });
    expect(queue.effects).toEqual([{ kind: "stopped", detail: "HTTP 404, 10015: Unknown Webhook" }]);
    queue.nowMs = 3_600_000;
    queue.feed({ kind: "wake" }).feed({ kind: "alert", severity: "critical", sequence: 9 });
    expect(queue.posted).toHaveLength(1);
    expect(queue.state.entries.map(({ sequence }) => sequence)).toEqual([1, 2, 9]);
    queue.feed({ kind: "retry" });
    expect(queue.sequences).toEqual([[1], [1]]);
  });

  it("tries a message that Discord refuses once more as plain text, each alert alone, before it gives it up", () => {
    const queue = new Driver().alerts("info", "info", "info", "info", "info", "info").answer(DELIVERED);
    expect(queue.posted.at(-1)?.form).toBe("digest");
    queue.answer({ kind: "message-refused", detail: "HTTP 400, 50035" });
    expect(queue.posted.at(-1)).toMatchObject({ form: "plain", entries: [{ sequence: 2 }] });
    queue.answer({ kind: "message-refused", detail: "HTTP 400, 50035" });
    expect(queue.effects[0]).toMatchObject({ kind: "refused", entry: { sequence: 2 } });
    expect(queue.state.entries.map(({ sequence }) => sequence)).toEqual([3, 4, 5, 6]);
  });

  it("takes an alert that is handed out twice once, and one that is handed out late in its place", () => {
    const queue = new Driver();
    for (const sequence of [5, 2, 5, 9, 3]) queue.feed({ kind: "alert", severity: "info", sequence });
    expect(queue.state.entries.map((entry) => entry.sequence)).toEqual([2, 3, 5, 9]);
  });
});

describe("whatever Discord answers and in whatever order things happen", () => {
  const answers = fc.constantFrom<Answer>(
    DELIVERED,
    { kind: "delivered", messageId: "2", pauseMs: 700 },
    FAILED,
    { kind: "rate-limited", retryAfterMs: 1000, detail: "" },
    { kind: "rate-limited", retryAfterMs: null, detail: "" },
    { kind: "message-refused", detail: "" },
    { kind: "webhook-refused", detail: "" },
  );
  const severities = fc.constantFrom<Severity>("info", "info", "info", "warning", "critical");
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: severities.map((severity) => ({ kind: "alert" as const, severity })) },
      { weight: 4, arbitrary: answers.map((answer) => ({ kind: "answer" as const, answer })) },
      { weight: 2, arbitrary: fc.constant({ kind: "wake" as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: "retry" as const }) },
    ),
    { maxLength: 150 },
  );

  it("loses nothing, ends nothing twice, keeps criticals alone and in order, and bounds digests", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new Driver();
        const ended: number[] = [];
        const severity = new Map<number, Severity>();
        let raised = 0;
        const collect = () => {
          for (const effect of queue.effects) {
            if (effect.kind === "delivered") ended.push(...effect.entries.map((entry) => entry.sequence));
            if (effect.kind === "refused") ended.push(effect.entry.sequence);
          }
        };
        for (const step of all) {
          if (step.kind === "alert") {
            raised += 1;
            severity.set(raised, step.severity);
            queue.feed({ ...step, sequence: raised });
          } else if (step.kind === "wake") queue.wake();
          else if (step.kind === "answer" && queue.state.inFlight === null) queue.wake();
          else queue.feed(step);
          collect();
          // At every moment: what was raised is either still there or ended, once.
          const present = queue.state.entries.map((entry) => entry.sequence);
          expect([...ended, ...present].sort((one, other) => one - other)).toEqual(
            Array.from({ length: raised }, (_, index) => index + 1),
          );
        }
        // Then Discord is well, and everything gets through.
        queue.feed({ kind: "retry" });
        for (let turn = 0; turn < 1000 && queue.state.entries.length > 0; turn += 1) {
          if (queue.state.inFlight) queue.answer(DELIVERED);
          else queue.wake();
          collect();
        }
        expect(queue.state.entries).toEqual([]);
        const criticals = ended.filter((sequence) => severity.get(sequence) === "critical");
        expect(criticals).toEqual([...criticals].sort((one, other) => one - other));
        for (const draft of queue.posted) {
          expect(draft.entries.length).toBeLessThanOrEqual(DIGEST_LINES_MAX);
          if (draft.entries.some((entry) => entry.alert.severity === "critical")) expect(draft.entries).toHaveLength(1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
