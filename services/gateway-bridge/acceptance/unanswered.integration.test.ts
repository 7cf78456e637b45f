import { describe, expect, it } from "vitest";
import { type ClientOrderId, cancelMessage } from "#libs/contracts/mod.ts";
import { RawClient } from "../../../simulator/testing/raw-client.ts";
import { eventually } from "../../../tests/harness/bus.ts";
import { pause, play, type Row, resting, type Stage } from "./stage.ts";

/**
 * What the broker does to an order without a word, over a connection that lives; and what only looks like it, of which
 * nothing may be said.
 */

const ORDER_STATUS = 3;

/** How often the broker's executions were read: once for the session, and once for every time something was looked for. */
const readings = (stage: Stage) => stage.gateway.frames.receivedCount("REQ_EXECUTIONS");

async function rests(stage: Stage): Promise<ClientOrderId> {
  const id = await stage.bench.approve(stage.bench.intent(resting));
  await stage.reaches(id, "accepted");
  return id;
}

const cancel = ({ bench }: Stage, clientOrderId: ClientOrderId) =>
  bench.operator.request(cancelMessage, [], { clientOrderId, reason: "not any more" }, { timeoutMs: 2000 });

/** Another client cancels everything, so that the bridge did not ask for it. */
async function canceledByAnother({ gateway }: Stage): Promise<void> {
  const client = new RawClient(gateway.port, { clientId: 9 });
  await client.frame(9);
  client.send(58, "", "");
  await eventually("gone at the broker", () => gateway.liveOrders.length === 0);
  client.close();
}

const ROWS: readonly Row[] = [
  {
    proves: ["an order that vanishes"],
    says: "is looked for, known not to be sent, told, and not sent again",
    play: async (stage) => {
      await stage.start();
      await stage.gateway.setFaults({ vanishOrders: true });
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "not-sent");
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "unknown", "not-sent"]);
      expect(await stage.alerts()).toEqual(["ORDERS_NOT_SENT"]);
      expect(stage.sent(id)).toBe(1);
      expect(stage.sessions).toBe(1);
    },
  },
  {
    proves: ["an order that works and is not acknowledged"],
    says: "is found in the broker's lists, and nothing is said of it",
    play: async (stage) => {
      await stage.start();
      await stage.gateway.setFaults({ orderAcks: { kind: "swallow" } });
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "accepted");
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "accepted"]);
      expect((await stage.bench.events(id)).at(-1)?.permId).toBe(stage.gateway.liveOrders[0]?.permId);
      expect(readings(stage)).toBe(2);
      expect(await stage.alerts()).toEqual([]);
    },
  },
  {
    proves: ["an order that is over at the broker and was never told"],
    says: "is missing from the look at all open orders, and ends as the completed orders have it",
    play: async (stage) => {
      await stage.start();
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "accepted");
      await stage.gateway.setFaults({ reports: "withheld" });
      await canceledByAnother(stage);
      await eventually("known", async () => (await stage.bench.statuses(id)).at(-1) === "canceled", 45_000);
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "accepted", "canceled"]);
      expect(await stage.alerts()).toEqual([]);
    },
  },
  {
    proves: ["a cancel that the broker ignores"],
    says: "is written once more, and then is a critical alert, once; the order is at work",
    play: async (stage) => {
      await stage.start();
      const [id, other] = [await rests(stage), await rests(stage)];
      await stage.gateway.setFaults({ cancels: { kind: "ignore" } });
      for (const order of [id, other]) expect(await cancel(stage, order)).toMatchObject({ ok: true });
      await eventually("written once more", () => stage.gateway.frames.receivedCount("CANCEL_ORDER") === 4);
      // One of the two was only late.
      await stage.perform({ action: "refuse-order", orderRef: other, text: "Order rejected - reason:no" });
      await stage.alerted("CANCEL_IGNORED");
      expect((await stage.alert("CANCEL_IGNORED")).severity).toBe("critical");
      await pause(6000);
      expect(stage.gateway.frames.receivedCount("CANCEL_ORDER")).toBe(4);
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "accepted"]);
      expect(await stage.alerts()).toEqual(["CANCEL_IGNORED"]);
    },
  },
  {
    proves: ["a refusal of an order that works on"],
    says: "is believed no more than the broker's lists: told, and not looked into for ever; a later cancel is a cancel",
    play: async (stage) => {
      await stage.start();
      const id = await rests(stage);
      const { orderId } = (await stage.bench.events(id)).at(-1) ?? {};
      stage.gateway.injectError(201, "Order rejected - reason:no", orderId ?? 0);
      await stage.alerted("ORDER_WORKS_ON");
      const before = readings(stage);
      await pause(11_000);
      expect(readings(stage)).toBe(before);
      expect(await cancel(stage, id)).toMatchObject({ ok: true });
      await stage.reaches(id, "canceled");
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "accepted", "canceled"]);
      expect(await stage.alerts()).toEqual(["ORDER_WORKS_ON"]);
    },
  },
  {
    proves: ["a cancel that waits at the exchange, and one that ends with its order"],
    says: "are waited for: they are written once, and nothing is said",
    play: async (stage) => {
      await stage.start();
      const [id, filled] = [await rests(stage), await rests(stage)];
      await stage.gateway.setFaults({ cancels: { kind: "ignore" } });
      for (const order of [id, filled]) expect(await cancel(stage, order)).toMatchObject({ ok: true });
      const { orderId, permId } = (await stage.bench.events(id)).at(-1) ?? {};
      const pending = [ORDER_STATUS, orderId ?? 0, "PendingCancel", 0, 10, 0, permId ?? 0, 0, 0, 1, "", 0];
      await eventually("written", () => stage.gateway.frames.receivedCount("CANCEL_ORDER") === 2);
      await stage.perform({ action: "send", fields: pending });
      await stage.perform({ action: "refuse-order", orderRef: filled, text: "Order rejected - reason:no" });
      await stage.reaches(filled, "rejected");
      await pause(11_000);
      expect(stage.gateway.frames.receivedCount("CANCEL_ORDER")).toBe(2);
      expect(await stage.alerts()).toEqual([]);
    },
  },
  {
    proves: ["an order that takes its seconds, reports that come late or twice"],
    says: "are waited for: nothing is said",
    play: async (stage) => {
      await stage.start();
      const twice = { repeatOrderReports: 1, repeatExecutions: 1, executionsFirst: true };
      await stage.gateway.setFaults({ orderAcks: { kind: "delay", delayMs: 6000 }, ...twice });
      const slow = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(slow, "accepted");
      await stage.gateway.setFaults({ orderAcks: { kind: "normal" }, reports: "withheld" });
      const late = await stage.bench.approve(stage.bench.intent());
      await eventually("executed", () => stage.gateway.executions.length === 1);
      await pause(3000);
      await stage.gateway.setFaults({ reports: "at-once" });
      await stage.reaches(late, "filled");
      // A look at all open orders has its turn as well.
      await eventually("looked", () => stage.gateway.frames.receivedCount("REQ_ALL_OPEN_ORDERS") === 2, 40_000);
      await pause(500);
      expect(await stage.bench.statuses(slow)).toEqual(["submitted", "accepted"]);
      expect(await stage.alerts()).toEqual([]);
    },
  },
  {
    proves: ["an order that was written just before 1100"],
    says: "is not looked for until the broker is back, and nothing but the outage is said",
    play: async (stage) => {
      await stage.start();
      await stage.gateway.setFaults({ orderAcks: { kind: "swallow" } });
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await eventually("works at the broker", () => stage.gateway.liveOrders.length === 1);
      const before = readings(stage);
      const loss = stage.perform({ action: "connectivity-loss", restoredAfterMs: 13_000, restoredWith: 1102 });
      await pause(12_000);
      expect(readings(stage)).toBe(before);
      expect(await stage.bench.statuses(id)).toEqual(["submitted"]);
      await loss;
      await stage.reaches(id, "accepted");
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "accepted"]);
      await stage.ready();
      expect(await stage.alerts()).toEqual(["GATEWAY_LOST_BROKER", "GATEWAY_BROKER_RESTORED"]);
    },
  },
];

describe("what the broker does without a word", () => {
  // They wait most of their time.
  it.concurrent.each(ROWS.map((row) => [row.proves.join(", "), row.says, row] as const))("%s %s", (_, __, row) =>
    play(row),
  );
});
