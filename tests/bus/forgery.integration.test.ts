import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bus, LedgerFold, RemoteError } from "#libs/bus/mod.ts";
import {
  cancelMessage,
  clientOrderIdSchema,
  controlMessage,
  deadLetterMessage,
  snapshotMessage,
} from "#libs/contracts/mod.ts";
import { ANSWERED_MS, within } from "../harness/answers.ts";
import { eventually, startBus, type TestBus } from "../harness/bus.ts";

let platform: TestBus;
beforeEach(async () => {
  platform = await startBus();
});
afterEach(async () => {
  await platform.stop();
});

/**
 * The server checks the subject of a publication, not its reply subject: whoever may read a stream by direct get can
 * have the answer, a payload of its own, delivered on any subject. Such an answer must never count as what it claims.
 */
async function steer(from: Bus, payload: unknown, onto: string): Promise<void> {
  await from.jetstream.publish("strategy.signal.forger", JSON.stringify(payload));
  from.connection.publish("$JS.API.DIRECT.GET.LEDGER.strategy.signal.forger", "", { reply: onto });
  await from.connection.flush();
}

describe("an answer of the server, steered onto a subject of somebody else", () => {
  it("is not a snapshot: risk forgets no halt over one (law 6)", async () => {
    const strategy = await platform.connect("strategy");
    const forged = snapshotMessage.envelope.parse({
      ...strategy.envelope({ service: "risk", stateVersion: 1, lastSequence: 1, state: "forged" }),
      source: "risk",
    });
    await steer(strategy, forged, snapshotMessage.subject("risk"));
    const operator = await platform.connect("operator");
    await eventually("the steered answer is stored", async () => {
      const info = await operator.manager.streams.info("STATE");
      return info.state.messages === 1;
    });
    const fold = await LedgerFold.open<string>(await platform.connect("risk"), {
      service: "risk",
      stateVersion: 1,
      initial: () => "genuine",
      apply: (state) => state,
      save: (state) => state,
      load: (json) => String(json),
    });
    expect(fold.state).toBe("genuine");
    await fold.stop();
  });

  it("is not the operator's command: nobody else lifts a halt (law 6)", async () => {
    const risk = await platform.connect("risk");
    const served: string[] = [];
    risk.serve(controlMessage, ["risk", "resume"], ({ data }) => {
      served.push(data.reason);
      return { ok: true, message: "" };
    });
    await risk.connection.flush();
    const strategy = await platform.connect("strategy");
    const forged = controlMessage.envelope.parse({
      ...strategy.envelope({ reason: "forged" }),
      source: "operator",
    });
    await steer(strategy, forged, controlMessage.subject("risk", "resume"));
    const operator = await platform.connect("operator");
    await eventually("it came, and was taken for what it is", async () => {
      const letter = await operator.lastValue(deadLetterMessage, ["risk"]);
      return letter?.data.reason.includes("forged") === true;
    });
    await within(ANSWERED_MS.control, () =>
      operator.request(controlMessage, ["risk", "resume"], { reason: "genuine" }, { timeoutMs: 15_000 }),
    );
    expect(served).toEqual(["genuine"]);
  });

  it("is not a request, also from one who may make it but did not sign it", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const served: string[] = [];
    bridge.serve(cancelMessage, [], ({ data }) => {
      served.push(data.clientOrderId);
      return { ok: true, message: "" };
    });
    await bridge.connection.flush();
    const strategy = await platform.connect("strategy");
    const unsigned = strategy.envelope({ clientOrderId: clientOrderIdSchema.parse("one"), reason: "" });
    const reply = await strategy.connection.request(cancelMessage.subject(), JSON.stringify(unsigned), {
      timeout: 15_000,
    });
    expect(reply.headers?.get("Crucible-Error")).toBe("INVALID_MESSAGE");
    expect(served).toEqual([]);
    await expect(
      strategy.request(controlMessage, ["risk", "halt"], { reason: "" }, { timeoutMs: 2000 }),
    ).rejects.not.toBeInstanceOf(RemoteError);
  });
});
