import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HistoricalPacing, type HistoricalRequest } from "../gateway/historical-pacing.ts";
import { HistoryAsker } from "./asker.ts";

const request = (change: Partial<HistoricalRequest> = {}): HistoricalRequest => ({
  kind: "bars",
  symbol: "SPY",
  exchange: "SMART",
  whatToShow: "TRADES",
  barSeconds: 60,
  endDateTime: "20260310-15:00:00",
  duration: "1 D",
  regularHoursOnly: true,
  ...change,
});
const bar = { time: "1773153000", open: 1, high: 2, low: 1, close: 2, volume: 3 };

function open() {
  let nowMs = 0;
  let requestId = 1;
  const sent: { id: number; atMs: number; request: HistoricalRequest }[] = [];
  const withdrawn: number[] = [];
  const asker = new HistoryAsker({
    pacing: new HistoricalPacing(),
    nowMs: () => nowMs,
    nextRequestId: () => requestId++,
  });
  const channel = {
    askBars: (id: number, asked: HistoricalRequest) => void sent.push({ id, atMs: nowMs, request: asked }),
    cancelBarsQuestion: (id: number) => void withdrawn.push(id),
    askContract: () => undefined,
  };
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 200) {
      nowMs += 200;
      asker.onTime();
    }
  };
  return { asker, channel, sent, withdrawn, pass, now: () => nowMs };
}
const patient = { patienceMs: 25_000 };

describe("a question to the broker's history", () => {
  it("is asked once for all who want to know the same", async () => {
    const { asker, channel, sent } = open();
    asker.attach(channel);
    const both = [asker.ask(request(), patient), asker.ask(request(), patient)];
    asker.historicalBar(1, bar);
    asker.historyEnd(1);
    expect(await Promise.all(both)).toEqual([
      { outcome: "answered", bars: [bar] },
      { outcome: "answered", bars: [bar] },
    ]);
    expect(sent).toHaveLength(1);
  });

  it("without a session is answered at once, and so are all that are open when one ends", async () => {
    const { asker, channel } = open();
    expect(await asker.ask(request(), patient)).toMatchObject({ outcome: "unavailable", retryAfterMs: 5000 });
    asker.attach(channel);
    const asked = asker.ask(request(), patient);
    asker.detach();
    expect(await asked).toMatchObject({ outcome: "unavailable", reason: "there is no session with the gateway" });
  });

  it("waits for the pace, and is given back when it would wait longer than anybody listens", async () => {
    const { asker, channel, sent, pass } = open();
    asker.attach(channel);
    const many = Array.from({ length: 7 }, (_, at) => asker.ask(request({ duration: `${at + 1} D` }), patient));
    expect(sent).toHaveLength(5);
    pass(2400);
    expect(sent).toHaveLength(7);
    for (const { id } of sent) asker.historyEnd(id);
    await Promise.all(many);
    const again = await asker.ask(request({ duration: "1 D" }), { patienceMs: 5000 });
    expect(again).toMatchObject({ outcome: "unavailable", retryAfterMs: 12_850 });
  });

  it("that nobody answers ends, and is withdrawn", async () => {
    const { asker, channel, withdrawn, pass } = open();
    asker.attach(channel);
    const asked = asker.ask(request(), { patienceMs: 4000 });
    pass(4000);
    expect(await asked).toMatchObject({ outcome: "unavailable", reason: expect.stringContaining("in time") });
    expect(withdrawn).toEqual([1]);
  });

  it("means what the broker's code means", async () => {
    const outcomes = async (code: number, text: string) => {
      const { asker, channel } = open();
      asker.attach(channel);
      const asked = asker.ask(request(), { patienceMs: 5000 });
      expect(asker.requestError(1, code, text)).toBe(true);
      return asked;
    };
    expect(await outcomes(162, "HMDS query returned no data")).toEqual({ outcome: "answered", bars: [] });
    expect(await outcomes(200, "No security definition")).toMatchObject({ retryAfterMs: null });
    expect(await outcomes(162, "Historical data request pacing violation")).toMatchObject({
      reason: expect.stringContaining("too fast"),
      retryAfterMs: 15_250,
    });
    expect(await outcomes(10197, "competing live session")).toMatchObject({ retryAfterMs: 10_000 });
    expect(open().asker.requestError(9, 162, "not ours")).toBe(false);
  });

  it("is asked anew when the broker found it too fast and somebody still waits", async () => {
    const { asker, channel, sent, pass } = open();
    asker.attach(channel);
    const asked = asker.ask(request(), patient);
    asker.historicalBar(1, bar);
    asker.requestError(1, 162, "pacing violation");
    pass(15_400);
    expect(sent).toHaveLength(2);
    asker.historicalBar(2, bar);
    asker.historyEnd(2);
    expect(await asked).toEqual({ outcome: "answered", bars: [bar] });
  });

  it("goes first when it is urgent", () => {
    const { asker, channel, sent, pass } = open();
    asker.attach(channel);
    for (let at = 1; at <= 8; at += 1) void asker.ask(request({ duration: `${at} D` }), patient);
    void asker.ask(request({ duration: "300 S" }), { ...patient, urgent: true });
    pass(2400);
    expect(sent[5]?.request.duration).toBe("300 S");
  });

  it("never breaks the broker's pace, however many are asked", () => {
    const questions = fc.array(
      fc.record({ symbol: fc.constantFrom("SPY", "QQQ"), size: fc.constantFrom(5, 60), gapMs: fc.nat(400) }),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(questions, (asked) => {
        const { asker, channel, sent, pass } = open();
        asker.attach(channel);
        for (const [at, { symbol, size, gapMs }] of asked.entries()) {
          void asker.ask(request({ symbol, barSeconds: size, duration: `${(at % 20) + 1} D` }), patient);
          pass(gapMs);
          if (at % 3 === 0) for (const { id } of sent) asker.historyEnd(id);
        }
        pass(30_000);
        for (const { atMs, request: one } of sent) {
          const within = (ms: number, same: (other: HistoricalRequest) => boolean) =>
            sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + ms && same(other.request)).length;
          expect(within(2000, ({ symbol }) => symbol === one.symbol)).toBeLessThan(6);
          expect(within(15_000, (other) => JSON.stringify(other) === JSON.stringify(one))).toBe(1);
          expect(within(600_000, ({ barSeconds }) => barSeconds === 5)).toBeLessThanOrEqual(60);
        }
      }),
      { numRuns: 60 },
    );
  });
});
