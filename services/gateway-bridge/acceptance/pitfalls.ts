import { expect, vi } from "vitest";
import { type ClientOrderId, orderIntentSchema } from "#libs/contracts/mod.ts";
import { eventually } from "../../../tests/harness/bus.ts";
import { startLivedTime } from "../../../tests/harness/lived-time.ts";
import { Recorder } from "../orders/recorder.ts";
import { BridgeBench } from "../testing/bench.ts";
import { openHeldBack } from "./held-back.ts";
import { pause, type Row, resting } from "./stage.ts";

const GROUPS = 15;
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The verified pitfalls of the client library (tws.md 1.5), P1 to P15. */
export const PITFALLS: readonly Row[] = [
  {
    proves: ["P1"],
    says: "an order that meets no session expires, and the next session does not send it",
    play: async (stage) => {
      await stage.start();
      await stage.gateway.setFaults({ connection: "refuse" });
      stage.gateway.dropConnections();
      await stage.says("ECONNREFUSED");
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "expired");
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready();
      await pause(500);
      expect(await stage.bench.statuses(id)).toEqual(["expired"]);
      expect(stage.sessions).toBe(2);
      expect(stage.gateway.frames.receivedCount("PLACE_ORDER")).toBe(0);
    },
  },
  {
    proves: ["P2", "order ids reused after a restart", "P7"],
    says: "what waited to be written when the session ended is written to no other, and no order id is used twice though the gateway rolls back",
    play: async (stage) => {
      await stage.start();
      const ids: ClientOrderId[] = [];
      // All at once, or a slow machine writes each before the next is there.
      const approve = async () => void ids.push(await stage.bench.approve(stage.bench.intent(resting)));
      await stage.heldUp(async () => {
        for (let count = 1; count < 80; count += 1) await approve();
      });
      await approve();
      await eventually("some are written", () => stage.gateway.frames.receivedCount("PLACE_ORDER") >= 20);
      await stage.gateway.restart({ downtimeMs: 200, rollbackIds: 10 });
      await eventually("a second session", () => stage.sessions === 2);
      await stage.ready();
      const later = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(later, "accepted");

      const placed = stage.gateway.frames.received("PLACE_ORDER");
      const first = placed.filter(({ session }) => session === placed[0]?.session);
      // Nothing of the first session's backlog reached the second, and nothing went before its START_API.
      expect(placed.length - first.length).toBe(1);
      expect(first.length).toBeLessThan(ids.length);
      const [greeting] = stage.requests.filter(({ session }) => session !== placed[0]?.session);
      expect(greeting?.name).toBe("START_API");
      // Each order at most once, under an id of its own that only rises.
      const orderIds = placed.map(({ fields }) => Number(fields[1]));
      expect(orderIds).toEqual([...new Set(orderIds)].sort((a, b) => a - b));
      for (const id of ids) expect(stage.sent(id)).toBeLessThanOrEqual(1);
      // And every one has a fate: at the broker, or known not to be.
      await eventually("all are settled", async () => {
        const events = await stage.bench.allEvents();
        const newest = new Map(events.map(({ clientOrderId, status }) => [clientOrderId, status]));
        return ids.every((id) => ["accepted", "expired", "not-sent"].includes(newest.get(id) ?? ""));
      });
      expect(stage.gateway.liveOrders).toHaveLength(placed.length);
    },
  },
  {
    proves: ["P3", "ready, but requests never answered"],
    says: "a half-open session is dropped in under 20 s by one unanswered heartbeat, said with its cause, and opened anew",
    play: async (stage) => {
      await stage.start();
      await pause(2500);
      const before = stage.gateway.frames.receivedCount("REQ_CURRENT_TIME");
      await stage.gateway.setFaults({ connection: "mute-after-ready" });
      const livedMs = startLivedTime();
      await stage.says("stopped answering", 40_000);
      expect(livedMs()).toBeLessThan(20_000);
      // One more heartbeat, or the one that was under way: never two in flight.
      expect(stage.gateway.frames.receivedCount("REQ_CURRENT_TIME") - before).toBeLessThanOrEqual(1);
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready();
      expect(stage.sessions).toBe(2);
      expect((await stage.alert("GATEWAY_CONNECTION_LOST")).text).toContain("gone without a word");
    },
  },
  {
    proves: ["P4", "TCP accepted, no version frame"],
    says: "a handshake that never ends is given up after 10 s and tried again",
    play: async (stage) => {
      await stage.gateway.setFaults({ connection: "accept-silent" });
      const startedMs = performance.now();
      await stage.bench.start();
      await stage.says("no answer to the handshake within 10 s", 40_000);
      expect(performance.now() - startedMs).toBeGreaterThan(9500);
      expect(stage.sessions).toBe(0);
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready();
      expect(stage.sessions).toBe(1);
    },
  },
  {
    proves: ["P5"],
    says: "a client id in use (326) is not taken for a drop: it backs off, keeps its id, and names the second bridge",
    play: async (stage) => {
      const other = await BridgeBench.open({
        mode: "paper",
        connect: stage.bus.connect,
        gatewayPort: stage.gateway.port,
      });
      await other.start();
      await eventually("the other is ready", () => other.service.health().status === "ok");
      await stage.bench.start();
      await stage.alerted("GATEWAY_CLIENT_ID_IN_USE");
      expect((await stage.alert("GATEWAY_CLIENT_ID_IN_USE")).text).toContain("second bridge");
      await other.stop();
      await stage.ready();
      const greetings = stage.gateway.frames.received("START_API");
      expect(new Set(greetings.map(({ fields }) => fields[2]))).toEqual(new Set(["1"]));
      // Back-off: 1 s, then 2 s, then 4 s at least from a refusal to the next attempt.
      const atMs = greetings.slice(1).map(({ machineMs }) => machineMs);
      for (const [index, pauseMs] of [1000, 2000].entries())
        expect((atMs[index + 1] ?? 0) - (atMs[index] ?? 0)).toBeGreaterThanOrEqual(pauseMs);
    },
  },
  {
    proves: ["P6", "TCP accepted, closed before version frame"],
    says: "a port forwarder without a gateway is a failure of its own name, not a silent end",
    play: async (stage) => {
      await stage.gateway.setFaults({ connection: "accept-close" });
      await stage.bench.start();
      await stage.says("hung up before the handshake");
      await stage.alerted("GATEWAY_UNREACHABLE");
      expect((await stage.alert("GATEWAY_UNREACHABLE")).text).toContain("port forwarder");
      expect(stage.sessions).toBe(0);
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready();
    },
  },
  {
    proves: ["P7"],
    says: "orders approved at the same moment get ids of their own",
    play: async (stage) => {
      await stage.start();
      const ids = await Promise.all(Array.from({ length: 20 }, () => stage.bench.approve(stage.bench.intent(resting))));
      for (const id of ids) await stage.reaches(id, "accepted");
      const orderIds = stage.gateway.frames.received("PLACE_ORDER").map(({ fields }) => fields[1]);
      expect(new Set(orderIds).size).toBe(20);
      expect(stage.gateway.liveOrders).toHaveLength(20);
    },
  },
  {
    proves: ["P8"],
    says: "a handler of the bridge that throws does not end the process: it is told, and the session opened anew",
    play: async (stage) => {
      await stage.start();
      const intent = stage.bench.intent({ clientOrderId: "meets-a-defect" });
      // No message is known that makes a handler throw: those that were are rows of nonsense.ts, and so are fields spoilt
      // at random. So the defect is put into the bridge: once, on the way of a fill of this order (other rows are played
      // beside this one).
      const take = Recorder.prototype.take;
      const defect = vi.spyOn(Recorder.prototype, "take").mockImplementation(function (this: Recorder, facts) {
        const met = facts.some(
          (fact) =>
            fact.kind === "fill" && fact.fill.kind === "execution" && fact.fill.clientOrderId === intent.clientOrderId,
        );
        if (!met) return take.call(this, facts);
        defect.mockRestore();
        throw new Error("a defect");
      });
      const id = await stage.bench.approve(intent);
      await stage.alerted("BRIDGE_DEFECT");
      await eventually("a second session", () => stage.sessions === 2);
      await stage.reaches(id, "filled");
      expect((await stage.bench.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(1);
      expect(stage.sent(id)).toBe(1);
    },
  },
  {
    proves: ["P8"],
    says: "an execution that cannot be is told and left out, each of several once: it ends neither the process nor the session",
    play: async (stage) => {
      await stage.start();
      const id = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(id, "filled");
      const [execution] = stage.gateway.frames.sent("EXECUTION_DATA");
      const fields = (execution?.fields ?? []).map((field) => String(field ?? ""));
      const executionId = String(fields[14]);
      fields[20] = "-5";
      for (const end of ["8", "9", "9"]) {
        await stage.perform({ action: "send", fields: fields.with(14, `${executionId}${end}`) });
      }
      const told = async () => {
        const garbage = (await stage.bench.alerts()).filter(({ code }) => code === "GATEWAY_GARBAGE");
        return garbage.map(({ text }) => text);
      };
      await eventually("both are told", async () => (await told()).length === 2);
      const later = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(later, "filled");
      for (const end of ["8", "9"]) {
        expect((await told()).filter((text) => text.includes(`execution ${executionId}${end} `))).toHaveLength(1);
      }
      expect((await stage.bench.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(2);
      expect(stage.sessions).toBe(1);
    },
  },
  {
    proves: ["P9"],
    says: "a malformed advanced rejection costs the session and not the process, and the order is not sent again",
    play: async (stage) => {
      await stage.start();
      const advancedOrderRejectJson = "{not json";
      await stage.gateway.setFaults({ rejectOrders: { code: 201, text: "Order rejected", advancedOrderRejectJson } });
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.alerted("GATEWAY_GARBAGE");
      await stage.gateway.setFaults({ rejectOrders: null });
      await eventually("a second session", () => stage.sessions === 2);
      await stage.ready();
      await eventually("its fate is known", async () =>
        ["rejected", "canceled", "not-sent"].includes(String((await stage.bench.statuses(id)).at(-1))),
      );
      expect(stage.sent(id)).toBe(1);
      expect(stage.gateway.liveOrders).toHaveLength(0);
    },
  },
  {
    proves: ["P10"],
    says: "a message of an unknown kind, one with a field too many, and one cut short are told and left out: the session goes on",
    play: async (stage) => {
      await stage.start();
      await stage.perform({ action: "send", fields: [9999, "x"] });
      await stage.alerted("GATEWAY_GARBAGE");
      expect((await stage.alert("GATEWAY_GARBAGE")).text).toContain("the connection goes on");
      await stage.gateway.setFaults({ mangle: { message: "ORDER_STATUS", how: "extra-field" } });
      const long = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(long, "filled");
      await stage.gateway.setFaults({ mangle: { message: "ORDER_STATUS", how: "cut-short" } });
      const short = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(short, "filled");
      expect(stage.sessions).toBe(1);
      expect([stage.sent(long), stage.sent(short)]).toEqual([1, 1]);
      expect((await stage.bench.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(2);
    },
  },
  {
    proves: ["P11", "P12"],
    says: "host, port and client id are given to the library, whatever its environment says",
    env: { IBKR_CLIENT_ID: "7" },
    play: async (stage) => {
      const misleading = { IB_HOST: "203.0.113.1", IB_PORT: "9", CLIENT_VERSION: "1", MAX_REQ_PER_SECOND: "1" };
      const before = Object.fromEntries(Object.keys(misleading).map((name) => [name, process.env[name]]));
      Object.assign(process.env, misleading);
      try {
        await stage.start();
        const ids = await Promise.all(
          Array.from({ length: 10 }, () => stage.bench.approve(stage.bench.intent(resting))),
        );
        for (const id of ids) await stage.reaches(id, "accepted");
      } finally {
        for (const [name, value] of Object.entries(before)) {
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
        }
      }
      expect(stage.gateway.frames.received("START_API").map(({ fields }) => fields[2])).toEqual(["7"]);
    },
  },
  {
    proves: ["P13"],
    says: "no text with a control character becomes an order, and a gateway that reads strictly finds every field in its place",
    play: async (stage) => {
      for (const change of [{ clientOrderId: "a\0b" }, { symbol: "SP\0Y" }, { clientOrderId: "a\nb" }])
        expect(orderIntentSchema.safeParse({ ...stage.bench.intent(), ...change }).success).toBe(false);
      await stage.gateway.setFaults({ strictParse: true });
      await stage.start();
      const id = await stage.bench.approve(stage.bench.intent({ reason: 'é "quoted"; 日本' }));
      await stage.reaches(id, "filled");
      const complaints = stage.gateway.frames.sent("ERR_MSG").filter(({ fields }) => Number(fields[3]) === 320);
      expect(complaints).toEqual([]);
      expect(stage.sent(id)).toBe(1);
    },
  },
  {
    proves: ["P14"],
    says: "small messages are not held back by Nagle's algorithm: the legs of a bracket arrive together",
    play: async (stage) => {
      await stage.start();
      const bracket = {
        stopLoss: { clientOrderId: "bracket-stop", stopPrice: 85 },
        takeProfit: { clientOrderId: "bracket-target", limitPrice: 105 },
      };
      /** Places a bracket, and tells how many milliseconds after its entry the last leg arrived. */
      const span = async () => {
        const entry = stage.bench.intent(resting);
        const legs = {
          stopLoss: { ...bracket.stopLoss, clientOrderId: `${entry.clientOrderId}-stop` },
          takeProfit: { ...bracket.takeProfit, clientOrderId: `${entry.clientOrderId}-target` },
        };
        const id = await stage.bench.approve(orderIntentSchema.parse({ ...entry, bracket: legs }));
        await stage.reaches(id, "accepted");
        const atMs = stage.gateway.frames
          .received("PLACE_ORDER")
          .slice(-3)
          .map(({ machineMs }) => machineMs);
        return (atMs[2] ?? Number.NaN) - (atMs[0] ?? Number.NaN);
      };
      const heldBack = await openHeldBack();
      try {
        // The first message of a connection is acknowledged at once.
        for (let count = 0; count < 3; count += 1) await Promise.all([span(), heldBack.span(3)]);
        const groups: { readonly ours: number; readonly theirs: number }[] = [];
        for (let count = 0; count < GROUPS; count += 1) {
          const [ours, theirs] = await Promise.all([span(), heldBack.span(3)]);
          groups.push({ ours, theirs });
        }
        expect(stage.gateway.frames.receivedCount("PLACE_ORDER")).toBe(3 * (3 + GROUPS));
        // Held back, both take the 40 ms of a delayed acknowledgement; what a busy machine adds, it adds to both.
        expect(median(groups.map(({ theirs }) => theirs))).toBeGreaterThan(30);
        expect(median(groups.map(({ ours, theirs }) => ours / theirs)), JSON.stringify(groups)).toBeLessThan(0.5);
      } finally {
        heldBack.close();
      }
    },
  },
  {
    proves: ["P15"],
    says: "what an older connection still says or does is not heard: after twenty reconnects one session lives, and is ready",
    play: async (stage) => {
      await stage.start();
      for (let count = 0; count < 20; count += 1) {
        await stage.reconnect();
        await pause(25);
      }
      await stage.ready();
      await pause(1000);
      expect(stage.detail).toContain("connected");
      expect(stage.gateway.clientIds).toEqual([1]);
      const id = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(id, "filled");
      expect(stage.sent(id)).toBe(1);
      expect(await stage.alerts()).not.toContain("GATEWAY_UNREACHABLE");
    },
  },
];
