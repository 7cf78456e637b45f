import { afterEach, describe, expect, it } from "vitest";
import type { Alert, IbcFact } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { Ibc, type IbcOptions } from "./ibc.ts";
import { type FakeIbc, type FakeIbcOptions, startFakeIbc } from "./testing/command-server.ts";

const DAY = "2026-03-10";

let fake: FakeIbc | undefined;
afterEach(async () => {
  await fake?.close();
  fake = undefined;
});

/** IBC over a real socket; the ledger is an array, in the order in which it was written. */
async function bench(change: Partial<IbcOptions> = {}, options: FakeIbcOptions = {}) {
  const order: string[] = [];
  const server = await startFakeIbc({ ...options, onCommand: (command) => order.push(`sent ${command}`) });
  fake = server;
  const facts: IbcFact[] = [];
  const alerts: Alert[] = [];
  const clock = { marketMs: epochMsOf(DAY, "10:30") as number | null, wallMs: epochMsOf(DAY, "10:30"), nowMs: 0 };
  const own: IbcOptions = {
    port: server.port,
    restartsPerDayMax: 2,
    restart: { restartAt: "16:30", windowMinutes: 10, freezeSeconds: 30 },
    newest: null,
    record: async (fact) => {
      facts.push(fact);
      order.push(`${fact.outcome} ${fact.command}`);
    },
    alert: (alert) => alerts.push(alert),
    onRestart: (news) => void order.push(`restart ${news}`),
    now: () => clock,
    ...change,
  };
  const ibc = new Ibc(own);
  return { ibc, own, server, facts, alerts, order, clock, codes: () => alerts.map(({ code }) => code) };
}

describe("a command of the operator", () => {
  it("is in the ledger before it is sent, and again with what IBC said", async () => {
    const { ibc, facts, order } = await bench();
    expect(await ibc.command("RESTART", "it looks stuck")).toMatchObject({ ok: true });
    expect(order).toEqual(["asked RESTART", "restart asked", "sent RESTART", "done RESTART"]);
    expect(facts[0]).toMatchObject({
      requestedBy: "operator",
      detail: "it looks stuck",
      day: DAY,
      restartsByBridge: 0,
    });
    expect(facts[1]?.detail).toContain("RESTART at 04:31 PM");
  });

  it.each(["RECONNECTDATA", "RECONNECTACCOUNT"] as const)("may be %s", async (command) => {
    const { ibc, server } = await bench();
    expect(await ibc.command(command, "")).toMatchObject({ ok: true });
    expect(server.commands).toEqual([command]);
  });

  it("is refused with the setting's name when IBC_COMMAND_PORT is off, and leaves no trace", async () => {
    const { ibc, order } = await bench({ port: 0 });
    const outcome = await ibc.command("RESTART", "");
    expect(outcome.ok).toBe(false);
    expect(outcome.message).toContain("IBC_COMMAND_PORT");
    expect(order).toEqual([]);
  });

  it("is refused while another one waits for its answer", async () => {
    const { ibc, server } = await bench();
    const [first, second] = await Promise.all([ibc.command("RESTART", ""), ibc.command("RECONNECTDATA", "")]);
    expect(first?.ok).toBe(true);
    expect(second).toEqual({ ok: false, message: expect.stringContaining("RESTART") });
    expect(server.commands).toEqual(["RESTART"]);
  });

  it("stops orders before it is sent, and gives them free again when IBC refuses it", async () => {
    const { ibc, order } = await bench({}, { knows: [] });
    await ibc.command("RESTART", "");
    expect(order).toEqual(["asked RESTART", "restart asked", "sent RESTART", "restart called-off", "refused RESTART"]);
    expect(ibc.restartAskedMsAgo).toBeNull();
  });

  it("is remembered by a bridge that starts again before the gateway went down", async () => {
    const first = await bench();
    await first.ibc.command("RESTART", "");
    const again = new Ibc({ ...first.own, newest: first.facts.at(-1) ?? null });
    first.clock.wallMs += 20_000;
    expect(again.restartAskedMsAgo).toBe(20_000);
  });

  it("is answered with what to do when IBC is not there", async () => {
    const port = await claimPort();
    const { ibc, facts, codes } = await bench({ port });
    const outcome = await ibc.command("RESTART", "");
    expect(outcome.ok).toBe(false);
    expect(outcome.message).toContain(`CommandServerPort=${port}`);
    expect(facts.map(({ outcome: recorded }) => recorded)).toEqual(["asked", "unreachable"]);
    // Who asked has the answer; an alert would tell it twice.
    expect(codes()).toEqual([]);
  });

  it("that waited long for the ledger is not sent any more", async () => {
    const slow = await bench();
    const ibc = new Ibc({
      port: slow.server.port,
      restartsPerDayMax: 2,
      restart: { restartAt: "16:30", windowMinutes: 10, freezeSeconds: 30 },
      newest: null,
      record: async (fact) => {
        slow.facts.push(fact);
        slow.clock.nowMs += 6000;
      },
      alert: (alert) => slow.alerts.push(alert),
      onRestart: (news) => void slow.order.push(news),
      now: () => slow.clock,
    });
    const outcome = await ibc.command("RESTART", "");
    expect(outcome).toEqual({ ok: false, message: expect.stringContaining("was not sent") });
    expect([slow.server.commands, slow.order]).toEqual([[], []]);
    expect(slow.facts.at(-1)?.outcome).toBe("unreachable");
  });
});

describe("a gateway that answers nothing", () => {
  it("is restarted, and that is told with the count of the day", async () => {
    const { ibc, order, alerts } = await bench();
    await ibc.onSilence(3);
    expect(order).toEqual(["asked RESTART", "restart asked", "sent RESTART", "done RESTART"]);
    expect(alerts.map(({ code, severity }) => [code, severity])).toEqual([["IBC_RESTARTED_GATEWAY", "warning"]]);
    expect(alerts[0]?.fields[0]?.value).toBe("1 of 2");
  });

  it("is never stopped: RESTART is the only word that is sent", async () => {
    const { ibc, server, clock } = await bench({ restartsPerDayMax: 10 });
    for (let hour = 0; hour < 5; hour += 1) {
      for (let times = 1; times < 9; times += 1) await ibc.onSilence(times);
      clock.wallMs += 3_600_000;
      clock.marketMs = clock.wallMs;
      server.restarted();
    }
    expect(new Set(server.commands)).toEqual(new Set(["RESTART"]));
    expect(server.commands.length).toBeGreaterThan(2);
  });

  it("is told once when the day's restarts are used, and again on the next day", async () => {
    const { ibc, server, codes, clock } = await bench({ restartsPerDayMax: 1 });
    const later = (hours: number) => {
      clock.wallMs += hours * 3_600_000;
      clock.marketMs = clock.wallMs;
      server.restarted();
    };
    await ibc.onSilence(3);
    later(1);
    for (let times = 3; times < 20; times += 1) await ibc.onSilence(times);
    expect(codes()).toEqual(["IBC_RESTARTED_GATEWAY", "IBC_RESTART_LIMIT"]);
    later(20);
    await ibc.onSilence(20);
    later(1);
    await ibc.onSilence(21);
    expect(codes().slice(2)).toEqual(["IBC_RESTARTED_GATEWAY", "IBC_RESTART_LIMIT"]);
  });

  it.each([
    ["IBC_RESTART_REFUSED", { knows: ["STOP"] }],
    ["IBC_RESTART_UNANSWERED", { admits: false }],
  ])("is told as %s when IBC does not do it, and counts", async (code, options) => {
    const { ibc, facts, codes, alerts } = await bench({}, options);
    await ibc.onSilence(3);
    expect(codes()).toEqual([code]);
    expect(alerts[0]?.severity).toBe("critical");
    expect(facts.at(-1)?.restartsByBridge).toBe(1);
  });

  it("is told as IBC_UNREACHABLE when the command port is closed", async () => {
    const { ibc, codes } = await bench({ port: await claimPort() });
    await ibc.onSilence(3);
    expect(codes()).toEqual(["IBC_UNREACHABLE"]);
  });

  it("is left alone when IBC_COMMAND_PORT is off", async () => {
    const { ibc, order, codes } = await bench({ port: 0 });
    await ibc.onSilence(30);
    expect(order).toEqual([]);
    expect(codes()).toEqual([]);
  });
});

describe("a bridge that was killed between asking and the answer", () => {
  const asked: IbcFact = {
    command: "RESTART",
    requestedBy: "bridge",
    outcome: "asked",
    detail: "",
    day: DAY,
    restartsByBridge: 2,
    lastRestartAt: epochMsOf(DAY, "09:00"),
  };

  it("closes the record, tells it, and has counted it", async () => {
    const { ibc, facts, codes, server } = await bench({ newest: asked });
    await ibc.start();
    expect(facts).toEqual([{ ...asked, outcome: "unanswered", detail: expect.stringContaining("not known") }]);
    await ibc.onSilence(3);
    expect(codes()).toEqual(["IBC_RESTART_UNANSWERED", "IBC_RESTART_LIMIT"]);
    expect(server.commands).toEqual([]);
  });

  it("has nothing to close when the answer is known", async () => {
    const { ibc, facts } = await bench({ newest: { ...asked, outcome: "done" } });
    await ibc.start();
    expect(facts).toEqual([]);
  });
});
