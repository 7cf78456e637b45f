import { headers } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Bus,
  BusError,
  type LedgerEvent,
  LedgerFold,
  NoResponderError,
  PermissionDeniedError,
  RemoteError,
  RequestTimeoutError,
  readBatch,
} from "#libs/bus/mod.ts";
import {
  alertMessage,
  approvedMessage,
  clientOrderIdSchema,
  closeOutMessage,
  controlMessage,
  deadLetterMessage,
  deniedMessage,
  fillMessage,
  gatewayStatusMessage,
  healthMessage,
  IDENTITIES,
  intentMessage,
  type OrderIntent,
  orderEventMessage,
  orderIntentSchema,
  wordsOnOrder,
} from "#libs/contracts/mod.ts";
import { ANSWERED_MS, within } from "../harness/answers.ts";
import { eventually, MemoryLogger, startBus, type TestBus } from "../harness/bus.ts";

let platform: TestBus;
beforeEach(async () => {
  platform = await startBus();
});
afterEach(async () => {
  await platform.stop();
});

const intent = (id: string): OrderIntent =>
  orderIntentSchema.parse({
    clientOrderId: id,
    strategy: "test",
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

const execution = (id: string, quantity = 1) => ({
  kind: "execution" as const,
  executionId: id,
  corrects: null,
  clientOrderId: null,
  permId: null,
  account: "DU1",
  symbol: "SPY",
  side: "buy" as const,
  quantity,
  price: 100,
  executedAt: 1,
});

/** Counts executions by id: idempotent by business key, as every fold must be. */
const countFills = (bus: Bus, applied: number[] = []) =>
  LedgerFold.open<{ ids: string[] }>(bus, {
    service: "risk",
    stateVersion: 1,
    initial: () => ({ ids: [] }),
    apply: (state, event: LedgerEvent) => {
      const fill = event.as(fillMessage);
      if (!fill) return state;
      applied.push(event.sequence);
      return { ids: [...state.ids, fill.data.executionId] };
    },
    save: (state) => state,
    load: (json) => json as { ids: string[] },
  });

describe("record", () => {
  it("stores a message once, whatever the number of times its id is repeated", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const first = await bridge.record(fillMessage, ["SPY"], execution("a"), { id: "fill-a" });
    const second = await bridge.record(fillMessage, ["SPY"], execution("a"), { id: "fill-a" });
    expect(first.outcome === "stored" && second.outcome === "stored" && first.sequence === second.sequence).toBe(true);
    expect(await readBatch(bridge, "LEDGER", 1)).toHaveLength(1);
  });

  it("refuses a second first message on a subject, also from another connection (law 2)", async () => {
    const event = {
      clientOrderId: clientOrderIdSchema.parse("one"),
      parentClientOrderId: null,
      symbol: "SPY",
      side: "buy" as const,
      status: "submitted" as const,
      orderId: 1,
      permId: null,
      filledQuantity: 0,
      leavesQuantity: 1,
      averagePrice: null,
      reason: null,
    };
    const [left, right] = await Promise.all([platform.connect("gateway-bridge"), platform.connect("gateway-bridge")]);
    const outcomes = await Promise.all([
      left.record(orderEventMessage, ["one"], event, { onlyFirst: true, id: "left" }),
      right.record(orderEventMessage, ["one"], event, { onlyFirst: true, id: "right" }),
    ]);
    expect(outcomes.map((recorded) => recorded.outcome).sort()).toEqual(["exists", "stored"]);
  });

  it("takes one decision on an order, whichever of two processes is first with whichever (law 1)", async () => {
    const [left, right] = await Promise.all([platform.connect("risk"), platform.connect("risk")]);
    const approval = {
      intent: intent("one"),
      approvedAtMonotonicMs: 0,
      expiresAtMonotonicMs: 1,
      expiresAt: 1,
      reducesRisk: false,
      reserved: { notional: 0, dayTrade: false },
    };
    const denial = { intent: intent("one"), reasons: [{ code: "TEST", detail: "" }] };
    const onlyFirst = { among: wordsOnOrder("one") };
    const outcomes = await Promise.all([
      left.record(approvedMessage, ["one"], approval, { onlyFirst }),
      right.record(deniedMessage, ["one"], denial, { onlyFirst }),
    ]);
    expect(outcomes.map((recorded) => recorded.outcome).sort()).toEqual(["exists", "stored"]);
    const other = await left.record(deniedMessage, ["two"], denial, { onlyFirst: { among: wordsOnOrder("two") } });
    expect(other.outcome).toBe("stored");
  });

  it("lets a second call know that the first was there, even under the same id: two calls are two writers", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const options = { id: "fill-b", onlyFirst: true };
    const first = await bridge.record(fillMessage, ["BRK B"], execution("b"), options);
    const again = await bridge.record(fillMessage, ["BRK B"], execution("b"), options);
    expect([first.outcome, again.outcome]).toEqual(["stored", "exists"]);
  });

  it("knows its own first success when the answer to it was lost in a kill -9", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const outcomes: string[] = [];
    const publishing = (async () => {
      for (let number = 0; number < 200; number += 1) {
        const symbol = `S${number}`;
        const fill = { kind: "commission" as const, executionId: `e${number}`, symbol, commission: 1 };
        outcomes.push((await bridge.record(fillMessage, [symbol], fill, { onlyFirst: true })).outcome);
      }
    })();
    for (const after of [30, 80, 130]) {
      await eventually(`${after} recorded`, () => outcomes.length >= after);
      await platform.crash();
    }
    await publishing;
    expect(new Set(outcomes)).toEqual(new Set(["stored"]));
    expect(await readBatch(bridge, "LEDGER", 1)).toHaveLength(200);
  });

  it("refuses an id that cannot travel, and the next record does not wait behind it", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const unsendable = bridge.record(fillMessage, ["SPY"], execution("a"), { id: "fill-a\r\nOther: header" });
    await expect(unsendable).rejects.toThrow(/control characters/);
    expect((await bridge.record(fillMessage, ["SPY"], execution("b"))).outcome).toBe("stored");
  });

  it("refuses a payload that does not fit its schema, naming the field", async () => {
    const bridge = await platform.connect("gateway-bridge");
    await expect(bridge.record(fillMessage, ["SPY"], execution("c", -1))).rejects.toThrow(/data\.quantity/);
  });

  it("stores an alert whose text is longer than an alert may be, cut: what must be told is not refused (law 8)", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const text = "said by others, at length ".repeat(1000);
    await bridge.alert({ code: "TEST", severity: "warning", title: "t".repeat(500), text, fields: [] });
    const operator = await platform.connect("operator");
    const told = (await operator.lastValue(alertMessage, ["warning", "gateway-bridge"]))?.data;
    expect(told?.text).toBe(`${text.slice(0, 1999)}…`);
  });

  it("loses nothing acknowledged and stores nothing twice over kill -9 of the server", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const acknowledged: string[] = [];
    const publishing = (async () => {
      for (let number = 0; number < 300; number += 1) {
        const id = `execution-${number}`;
        await bridge.record(fillMessage, ["SPY"], execution(id), { id: `fill-${id}` });
        acknowledged.push(id);
      }
    })();
    for (const after of [40, 120, 200]) {
      await eventually(`${after} acknowledged`, () => acknowledged.length >= after);
      await platform.crash();
    }
    await publishing;
    const risk = await platform.connect("risk");
    const fold = await countFills(risk);
    expect(fold.state.ids).toEqual(acknowledged);
    await fold.stop();
  });
});

describe("permissions on the real server", () => {
  const OTHERS = IDENTITIES.filter((name) => name !== "risk");
  const OF_RISK_ALONE = [
    "orders.approved.evil",
    "orders.denied.evil",
    "risk.state",
    "risk.close-out",
    "risk.limit.evil",
  ];

  it("refuse what is risk's to say from everybody else: approvals, and the state that halts and closes (laws 1, 6)", async () => {
    expect(OTHERS).toEqual(["setup", "gateway-bridge", "strategy", "notifier", "operator"]);
    for (const identity of OTHERS) {
      const bus = await platform.connect(identity);
      for (const subject of OF_RISK_ALONE) {
        const attempt = bus.jetstream.publish(subject, "{}", { timeout: 15_000 });
        await expect(attempt, `${identity} on ${subject}`).rejects.toThrow(/permissions violation/i);
      }
    }
    const risk = await platform.connect("risk");
    expect(await readBatch(risk, "LEDGER", 1)).toEqual([]);
  });

  it("let nobody steer a stored answer into what is risk's to say: whoever asks for it, no reader takes it (laws 1, 6)", async () => {
    const strategy = await platform.connect("strategy");
    const approval = approvedMessage.envelope.parse({
      ...strategy.envelope({
        intent: intent("evil"),
        approvedAtMonotonicMs: 0,
        expiresAtMonotonicMs: Number.MAX_SAFE_INTEGER,
        expiresAt: Number.MAX_SAFE_INTEGER,
        reducesRisk: false,
        reserved: { notional: 0, dayTrade: false },
      }),
      source: "risk",
    });
    const closeOut = closeOutMessage.envelope.parse({
      ...strategy.envelope({
        id: "close-evil",
        scope: "everything",
        setBy: "operator",
        reason: "",
        since: 0,
        status: "running",
        outcome: "",
      }),
      source: "risk",
    });
    await strategy.jetstream.publish("strategy.signal.approval", JSON.stringify(approval));
    await strategy.jetstream.publish("strategy.signal.close-out", JSON.stringify(closeOut));
    for (const identity of OTHERS) {
      const bus = await platform.connect(identity);
      const steer = (from: string, onto: string) =>
        bus.connection.publish(`$JS.API.DIRECT.GET.LEDGER.strategy.signal.${from}`, "", { reply: onto });
      steer("approval", `orders.approved.evil-${identity}`);
      steer("close-out", "risk.close-out");
      await bus.connection.flush();
    }
    const risk = await platform.connect("risk");
    // At least the strategy's are stored, so the readers below have something to refuse.
    await eventually("the steered answers are stored", async () => {
      const subjects = (await readBatch(risk, "LEDGER", 1)).map(({ subject }) => subject);
      return subjects.includes("orders.approved.evil-strategy") && subjects.includes("risk.close-out");
    });
    for (const service of ["gateway-bridge", "risk"] as const) {
      const seen: string[] = [];
      const fold = await LedgerFold.open<null>(await platform.connect(service), {
        service,
        stateVersion: 1,
        initial: () => null,
        apply: (state, event) => {
          seen.push(event.subject);
          return state;
        },
        save: () => null,
        load: () => null,
      });
      expect(seen, service).toEqual([]);
      await fold.stop();
    }
  });

  it("store an answer that was steered onto an approval's subject, and the signature keeps it from being one (law 1)", async () => {
    const strategy = await platform.connect("strategy");
    const forged = approvedMessage.envelope.parse({
      ...strategy.envelope({
        intent: intent("evil"),
        approvedAtMonotonicMs: 0,
        expiresAtMonotonicMs: Number.MAX_SAFE_INTEGER,
        expiresAt: Number.MAX_SAFE_INTEGER,
        reducesRisk: false,
        reserved: { notional: 0, dayTrade: false },
      }),
      source: "risk",
    });
    await strategy.jetstream.publish("strategy.signal.x", JSON.stringify(forged));
    strategy.connection.publish("$JS.API.DIRECT.GET.LEDGER.strategy.signal.x", "", { reply: "orders.approved.evil" });
    const bridge = await platform.connect("gateway-bridge");
    // The server does store it, which is why the signature is there. Should a newer server refuse it, this may go.
    await eventually("the steered answer is stored", async () => {
      return (await readBatch(bridge, "LEDGER", 1)).some((message) => message.subject === "orders.approved.evil");
    });
    const seen: string[] = [];
    const fold = await LedgerFold.open<null>(bridge, {
      service: "gateway-bridge",
      stateVersion: 1,
      initial: () => null,
      apply: (state, event) => {
        seen.push(event.subject);
        return state;
      },
      save: () => null,
      load: () => null,
    });
    expect(seen).toEqual([]);
    const operator = await platform.connect("operator");
    await eventually("the dead letter", async () => {
      const letter = await operator.lastValue(deadLetterMessage, ["gateway-bridge"]);
      return letter?.data.reason.includes("forged") === true;
    });
    await fold.stop();
  });

  it("tell the caller that a publication was refused", async () => {
    const strategy = await platform.connect("strategy");
    await expect(strategy.record(fillMessage, ["SPY"], execution("x"))).rejects.toBeInstanceOf(PermissionDeniedError);
  });

  it("do not let an identity create a consumer", async () => {
    const strategy = await platform.connect("strategy");
    await expect(strategy.manager.consumers.add("LEDGER", { durable_name: "evil" })).rejects.toThrow(/permissions/i);
  });
});

describe("requests", () => {
  it("fail at once when nobody serves them", async () => {
    const strategy = await platform.connect("strategy");
    const asked = within(ANSWERED_MS.decision, () =>
      strategy.request(intentMessage, [], intent("one"), { timeoutMs: 15_000 }),
    );
    await expect(asked).rejects.toBeInstanceOf(NoResponderError);
  });

  it("carry the reply, typed", async () => {
    const risk = await platform.connect("risk");
    risk.serve(intentMessage, [], ({ data }) => ({
      outcome: "denied" as const,
      clientOrderId: data.clientOrderId,
      reasons: [{ code: "TEST", detail: "a=1" }],
    }));
    await risk.connection.flush();
    const strategy = await platform.connect("strategy");
    const decision = await within(ANSWERED_MS.decision, () =>
      strategy.request(intentMessage, [], intent("one"), { timeoutMs: 15_000 }),
    );
    expect(decision).toMatchObject({ outcome: "denied", clientOrderId: "one" });
  });

  it("refuse garbage with the reason, keep it as a dead letter and raise an alert (law 10)", async () => {
    const logger = new MemoryLogger();
    const risk = await platform.connect("risk", { logger });
    risk.serve(intentMessage, [], () => {
      throw new Error("garbage must not reach the handler");
    });
    await risk.connection.flush();
    const strategy = await platform.connect("strategy");
    const reply = await strategy.connection.request("orders.intent", "garbage", { timeout: 15_000 });
    expect(reply.headers?.get("Crucible-Error")).toBe("INVALID_MESSAGE");
    const operator = await platform.connect("operator");
    await eventually("the dead letter", async () => (await operator.lastValue(deadLetterMessage, ["risk"])) !== null);
    const letter = await operator.lastValue(deadLetterMessage, ["risk"]);
    expect(Buffer.from(letter?.data.payloadBase64 ?? "", "base64").toString()).toBe("garbage");
    await eventually("the alert", async () => (await operator.lastValue(alertMessage, ["warning", "risk"])) !== null);
  });

  it("carry the refusal of a handler that failed", async () => {
    const risk = await platform.connect("risk");
    risk.serve(controlMessage, ["risk", "halt"], () => {
      throw new Error("not now");
    });
    await risk.connection.flush();
    const operator = await platform.connect("operator");
    const asked = within(ANSWERED_MS.control, () =>
      operator.request(controlMessage, ["risk", "halt"], { reason: "" }, { timeoutMs: 15_000 }),
    );
    await expect(asked).rejects.toBeInstanceOf(RemoteError);
  });
});

describe("ledger fold", () => {
  it("reads what was there, follows what comes, and goes on from its snapshot", async () => {
    const bridge = await platform.connect("gateway-bridge");
    for (const id of ["a", "b"]) await bridge.record(fillMessage, ["SPY"], execution(id));
    const fold = await countFills(await platform.connect("risk"));
    expect(fold.state.ids).toEqual(["a", "b"]);
    await bridge.record(fillMessage, ["SPY"], execution("c"));
    await eventually("c", () => fold.state.ids.length === 3);
    await fold.stop();

    await bridge.record(fillMessage, ["SPY"], execution("d"));
    const applied: number[] = [];
    const again = await countFills(await platform.connect("risk"), applied);
    expect(again.state.ids).toEqual(["a", "b", "c", "d"]);
    expect(applied).toHaveLength(1);
    await again.stop();
  });

  it("applies each event once, in order, while the server is killed again and again", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const applied: number[] = [];
    const fold = await countFills(await platform.connect("risk"), applied);
    const ids = Array.from({ length: 240 }, (_, number) => `execution-${number}`);
    const publishing = (async () => {
      for (const id of ids) await bridge.record(fillMessage, ["SPY"], execution(id), { id: `fill-${id}` });
    })();
    for (const after of [30, 90, 150]) {
      await eventually(`${after} applied`, () => fold.state.ids.length >= after);
      await platform.crash({ downMs: 200 });
    }
    await publishing;
    await eventually("all applied", () => fold.state.ids.length >= ids.length);
    expect(fold.state.ids).toEqual(ids);
    expect(applied).toEqual([...applied].sort((left, right) => left - right));
    await fold.stop();
  });

  it("notices a ledger that went backwards", async () => {
    const bridge = await platform.connect("gateway-bridge");
    for (const id of ["a", "b", "c"]) await bridge.record(fillMessage, ["SPY"], execution(id));
    const fold = await countFills(await platform.connect("risk"));
    expect(fold.integrity).toEqual({ ok: true });
    await fold.stop();

    const setup = await platform.connect("setup");
    await setup.connection.request("$JS.API.STREAM.DELETE.LEDGER", "", { timeout: 15_000 });
    await platform.crash();
    const after = await countFills(await platform.connect("risk"));
    expect(after.integrity).toMatchObject({ ok: false, remembered: 3, found: 0 });
    await bridge.record(fillMessage, ["SPY"], execution("d"));
    await eventually("d", () => after.state.ids.includes("d"));
    await after.stop();
  });

  it("takes a fact on another subject than the one it was signed for as forged", async () => {
    const bridge = await platform.connect("gateway-bridge");
    await bridge.record(fillMessage, ["SPY"], execution("a"));
    const [stored] = await readBatch(bridge, "LEDGER", 1);
    const head = headers();
    head.set("Crucible-Signature", stored?.header.get("Crucible-Signature") ?? "");
    await bridge.jetstream.publish("fills.IBM", stored?.data ?? "", { headers: head });
    const fold = await countFills(await platform.connect("risk"));
    expect(fold.state.ids).toEqual(["a"]);
    await fold.stop();
  });

  it("keeps a payload that fails its schema and goes on", async () => {
    const bridge = await platform.connect("gateway-bridge");
    await bridge.jetstream.publish("fills.SPY", "not json");
    await bridge.record(fillMessage, ["SPY"], execution("a"));
    const risk = await platform.connect("risk");
    const fold = await countFills(risk);
    expect(fold.state.ids).toEqual(["a"]);
    await fold.stop();
  });
});

describe("the bus that is away", () => {
  it("is known to be away, drops what is replaced anyway, and records what waited when it is back", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const changes: boolean[] = [];
    bridge.onChange((up) => changes.push(up));
    await platform.server().kill();
    await eventually("away", () => !bridge.up);
    bridge.publish(healthMessage, ["gateway-bridge"], {
      service: "gateway-bridge",
      status: "ok",
      detail: "",
      pid: 1,
      uptimeSeconds: 0,
      memoryBytes: 0,
      figures: {},
    });
    const recorded = bridge.record(gatewayStatusMessage, [], {
      state: "ready",
      reason: "",
      acceptsOrders: true,
      frozen: false,
      attempt: 0,
      account: null,
      serverVersion: null,
      lastOutage: null,
    });
    expect(bridge.backlog).toBe(1);
    await platform.crash();
    expect((await recorded).outcome).toBe("stored");
    expect(bridge.up).toBe(true);
    expect(changes).toEqual([false, true]);
  });

  it("ends a request at once that it cannot answer any more, and takes none while it is away", async () => {
    const risk = await platform.connect("risk");
    risk.serve(intentMessage, [], () => new Promise(() => undefined));
    await risk.connection.flush();
    const strategy = await platform.connect("strategy");
    const never = { timeoutMs: 600_000 };
    const asked = strategy.request(intentMessage, [], intent("one"), never);
    const refused = expect(asked).rejects.toThrow(RequestTimeoutError);
    await platform.server().kill();
    await refused;
    await expect(strategy.request(intentMessage, [], intent("one"), never)).rejects.toThrow(/the bus is away/);
    await platform.crash();
  });

  it("answers a read that was asked while it was away, when it is back", async () => {
    const operator = await platform.connect("operator");
    const bridge = await platform.connect("gateway-bridge");
    await bridge.alert({ code: "TEST", severity: "warning", title: "stored", text: "before the crash", fields: [] });
    await platform.server().kill();
    await eventually("away", () => !operator.up);
    const newest = operator.lastValue(alertMessage, ["warning", "gateway-bridge"]);
    await platform.crash();
    expect((await newest)?.data.title).toBe("stored");
  });

  it("does not go deaf when a handler throws: the exception is one that nobody caught", async () => {
    const operator = await platform.connect("operator");
    const caught: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => caught.push(error));
    try {
      let heard = 0;
      operator.subscribe(healthMessage, () => {
        heard += 1;
        if (heard === 1) throw new Error("a defect");
      });
      await operator.connection.flush();
      const risk = await platform.connect("risk");
      const health = { service: "risk" as const, status: "ok" as const, detail: "", pid: 1 };
      for (const uptimeSeconds of [1, 2, 3]) {
        risk.publish(healthMessage, ["risk"], { ...health, uptimeSeconds, memoryBytes: 0, figures: {} });
      }
      await within(3000, () => eventually("all are heard", () => heard === 3));
      expect(caught).toMatchObject([{ message: "a defect" }]);
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const listener of others) process.on("uncaughtException", listener);
    }
  });

  it("names the identity whose file is missing", async () => {
    const error = await platform.connect("nobody" as never).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BusError);
    expect((error as BusError).code).toBe("IDENTITY_MISSING");
  });
});
