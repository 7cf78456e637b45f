import { describe, expect, it } from "vitest";
import { type Bus, NoResponderError } from "#libs/bus/mod.ts";
import { approvedMessage, orderIntentSchema } from "#libs/contracts/mod.ts";
import { sleep, wallNowMs } from "#libs/time/mod.ts";
import { type Answer, RiskDesk } from "./risk-desk.ts";

const INTENT = orderIntentSchema.parse({
  clientOrderId: "orb-20261123-SPY-1",
  strategy: "orb",
  symbol: "SPY",
  side: "buy",
  quantity: 1,
  order: { type: "market" },
  timeInForce: "day",
  outsideRegularHours: false,
  holdOvernight: false,
  bracket: null,
  reason: "",
});

/** What the ledger holds: nothing, an approval, or it cannot be read. */
type Ledger = "silent" | "approved" | "away";

/** Asks about an order whose reply was lost so long ago, and tells what was answered soon after. */
async function answersOf(askedMsAgo: number, ledger: Ledger): Promise<{ answers: Answer[]; asked: number }> {
  const answers: Answer[] = [];
  let asked = 0;
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  // Only what the desk uses of a bus; the real one is in strategy.integration.test.ts.
  const bus = {
    up: true,
    lastValue: async (message: unknown) => {
      if (ledger === "away") throw new Error("the ledger cannot be read");
      return ledger === "approved" && message === approvedMessage ? { data: { expiresAt: 7 } } : null;
    },
    request: async () => {
      asked += 1;
      throw new NoResponderError("orders.intent");
    },
    context: { logger: silent },
  } as unknown as Bus;
  const desk = new RiskDesk({
    bus,
    isOpen: () => true,
    onlyCloses: () => false,
    onAnswer: (_, answer) => void answers.push(answer),
    onRisk: () => undefined,
  });
  desk.ask({ intent: INTENT, causedBy: null, askedAtMs: wallNowMs() - askedMsAgo, repeated: true });
  await sleep(30);
  desk.stop();
  return { answers, asked };
}

describe("an entry whose answer was lost", () => {
  it("stays undecided, and is not asked for again, while an approval of it could still come", async () => {
    const { answers, asked } = await answersOf(60_000, "silent");
    expect(answers).toEqual([{ type: "undecided", clientOrderId: INTENT.clientOrderId }]);
    expect(asked).toBe(0);
  });

  it("is refused when the ledger has been silent for so long that no order can come of it", async () => {
    const { answers, asked } = await answersOf(101_000, "silent");
    expect(answers).toMatchObject([{ type: "refused", reasons: [{ code: "NEVER_DECIDED" }] }]);
    expect(asked).toBe(0);
  });

  it("is what the ledger says, however late", async () => {
    const { answers } = await answersOf(3_600_000, "approved");
    expect(answers).toMatchObject([{ type: "decision", decision: { outcome: "approved" } }]);
  });

  it("stays undecided when the ledger cannot be asked", async () => {
    const { answers } = await answersOf(3_600_000, "away");
    expect(answers).toEqual([{ type: "undecided", clientOrderId: INTENT.clientOrderId }]);
  });
});
