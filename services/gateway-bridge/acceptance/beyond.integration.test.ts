import { describe, expect, it } from "vitest";
import { type ClientOrderId, cancelMessage } from "#libs/contracts/mod.ts";
import { eventually } from "../../../tests/harness/bus.ts";
import { pause, play, type Row, resting, type Stage } from "./stage.ts";

/**
 * Fills beyond what was approved, and of orders that were over: told at once, and the ledger says what was filled. And
 * what a real gateway does every day and only looks like it, of which nothing may be said.
 */

const EXECUTION_DATA = 11;
const ORDER_STATUS = 3;
const COMMISSION_REPORT = 59;
const POSITION_DATA = 61;
const spy = [756733, "SPY", "STK", "", "0", "", "", "ARCA", "USD", "SPY", "SPY"];

/** The gateway tells an execution that the simulated broker knows nothing of, and the position that it makes. */
async function toldBeside(stage: Stage, id: ClientOrderId, shares: number, cumulated: number): Promise<void> {
  const permId = (await stage.bench.events(id)).findLast((event) => event.permId !== null)?.permId ?? 0;
  const head = ["beside.1.01", "20260310 10:31:00 US/Eastern", "DU1234567", "ARCA", "BOT", shares, 90, permId, 1, 0];
  await stage.perform({
    action: "send",
    fields: [EXECUTION_DATA, -1, 1, ...spy, ...head, cumulated, 90, id, "", "", "", 1, 0],
  });
  await stage.perform({ action: "send", fields: [POSITION_DATA, 3, "DU1234567", ...spy, cumulated, "90"] });
}

const last = async (stage: Stage, id: ClientOrderId) => (await stage.bench.events(id)).at(-1);

/** Trades SPY at a price at which orders that rest at 90 fill. */
const fills = (stage: Stage) =>
  stage.gateway.setQuote("SPY", { bid: 88.99, ask: 89.01, bidSize: 300, askSize: 300, last: 89, lastSize: 10 });

const ROWS: readonly Row[] = [
  {
    proves: ["an order that is filled twice"],
    says: "is a critical alert, its last event says how much, and the position is the broker's",
    play: async (stage) => {
      await stage.start();
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "accepted");
      fills(stage);
      await stage.reaches(id, "filled");
      await toldBeside(stage, id, 10, 20);
      await stage.alerted("ORDER_OVERFILLED");
      expect((await stage.alert("ORDER_OVERFILLED")).severity).toBe("critical");
      await eventually("told anew", async () => (await last(stage, id))?.filledQuantity === 20);
      expect(await last(stage, id)).toMatchObject({ status: "filled", leavesQuantity: 0 });
      await eventually("held", async () => (await stage.bench.positions()).at(-1)?.quantity === 20);
      expect(await stage.alerts()).toEqual(["ORDER_OVERFILLED"]);
    },
  },
  {
    proves: ["an order that is told as canceled and works on"],
    says: "is a critical alert when it fills, and its last event says that it is filled",
    play: async (stage) => {
      await stage.start();
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "accepted");
      const { orderId, permId } = (await last(stage, id)) ?? {};
      const falsely = [ORDER_STATUS, orderId ?? 0, "Cancelled", 0, 10, 0, permId ?? 0, 0, 0, 1, "", 0];
      await stage.perform({ action: "send", fields: falsely });
      await stage.reaches(id, "canceled");
      fills(stage);
      await stage.alerted("ORDER_FILLED_AFTER_END");
      expect((await stage.alert("ORDER_FILLED_AFTER_END")).severity).toBe("critical");
      await stage.reaches(id, "filled");
      expect(await last(stage, id)).toMatchObject({ filledQuantity: 10, leavesQuantity: 0, orderId, permId });
    },
  },
  {
    proves: ["an order whose executions are corrected when it is over"],
    says: "says what is left of it, also when the correction came while the bridge was away",
    play: async (stage) => {
      await stage.start();
      const id = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(id, "filled");
      stage.gateway.correctExecution(stage.gateway.executions.at(-1)?.execId ?? "", { shares: 6 });
      await eventually("told anew", async () => (await last(stage, id))?.filledQuantity === 6);
      await stage.bench.stop();
      stage.gateway.correctExecution(stage.gateway.executions.at(-1)?.execId ?? "", { shares: 4 });
      await stage.bench.start();
      await eventually("told anew", async () => (await last(stage, id))?.filledQuantity === 4);
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "accepted", "filled", "filled", "filled"]);
      expect(await stage.alerts()).toEqual(["ORDER_CORRECTED", "ORDER_CORRECTED"]);
    },
  },
  {
    proves: ["a commission that is told again with another amount"],
    says: "is on the ledger as often as it changed, back to what it was as well, and a bridge that starts again knows it",
    play: async (stage) => {
      await stage.start();
      const id = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(id, "filled");
      const executionId = stage.gateway.executions[0]?.execId ?? "";
      const commissions = async () =>
        (await stage.bench.fills()).flatMap((fill) => (fill.kind === "commission" ? [fill.commission] : []));
      await eventually("told", async () => (await commissions()).length === 1);
      const [first = 0] = await commissions();
      const told = [3.5, 3.5, first, 3.5, 3.5];
      for (const amount of told) {
        await stage.perform({ action: "send", fields: [COMMISSION_REPORT, 1, executionId, amount, "USD", "", "", ""] });
      }
      await eventually("told again", async () => (await commissions()).length >= 4);
      await stage.bench.stop();
      await stage.bench.start();
      await stage.ready();
      // The start reads the true one, which is the first again.
      await eventually("read again", async () => (await commissions()).length >= 5);
      expect(await commissions()).toEqual([first, 3.5, first, 3.5, first]);
    },
  },
  {
    proves: ["executions that come twice, before their order, after its status, during 1100, beside a cancel"],
    says: "are no news: no order is told anew, and nothing is said",
    play: async (stage) => {
      await stage.start();
      const twice = { repeatExecutions: 2, repeatOrderReports: 1, executionsFirst: true } as const;
      await stage.gateway.setFaults({ ...twice, commissionDelayMs: 300 });
      const first = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(first, "filled");
      await stage.gateway.setFaults({ omitStatusOfFastFills: true, executionsFirst: false });
      const second = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(second, "filled");
      await stage.gateway.setFaults({ cancels: { kind: "fill-first", delayMs: 200, share: 0.5 } });
      const overtaken = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(overtaken, "accepted");
      await stage.bench.operator.request(
        cancelMessage,
        [],
        { clientOrderId: overtaken, reason: "not any more" },
        { timeoutMs: 2000 },
      );
      await stage.reaches(overtaken, "canceled");
      expect(await last(stage, overtaken)).toMatchObject({ filledQuantity: 5 });
      const rests = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(rests, "accepted");
      const loss = stage.perform({ action: "connectivity-loss", restoredAfterMs: 2000, restoredWith: 1102 });
      await stage.says("degraded");
      fills(stage);
      await stage.reaches(rests, "filled");
      await loss;
      await stage.ready();
      stage.gateway.resendExecutions();
      stage.gateway.correctExecution(stage.gateway.executions[0]?.execId ?? "", { price: 99 });
      await pause(1000);
      await stage.bench.stop();
      await stage.bench.start();
      await stage.ready();
      for (const id of [first, second, rests]) {
        expect((await stage.bench.statuses(id)).filter((status) => status === "filled")).toHaveLength(1);
      }
      expect((await stage.bench.statuses(overtaken)).filter((status) => status === "canceled")).toHaveLength(1);
      expect(await stage.alerts()).toEqual(["GATEWAY_LOST_BROKER", "GATEWAY_BROKER_RESTORED"]);
    },
  },
];

describe("fills that nobody approved, or expects", () => {
  it.concurrent.each(ROWS.map((row) => [row.proves.join(", "), row.says, row] as const))("%s %s", (_, __, row) =>
    play(row),
  );
});
