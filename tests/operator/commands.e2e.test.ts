import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { positionMessage } from "#libs/contracts/mod.ts";
import { eventually } from "../harness/bus.ts";
import { type Installation, makeInstallation } from "../harness/cli.ts";
import { TestPlatform } from "../harness/platform.ts";

/** The command line as the operator types it, against the whole platform in dry-run. */
describe("the operator's commands", () => {
  let platform: TestPlatform;
  let installation: Installation;
  beforeAll(async () => {
    platform = await TestPlatform.start();
    installation = await makeInstallation();
    const { natsPort, dataDir } = platform.settings;
    await installation.configure({ NATS_PORT: String(natsPort), DATA_DIR: dataDir });
    await platform.quote(100);
    await platform.passes("first");
    await eventually("it is held", async () => (await held()) > 0);
  });
  afterAll(async () => {
    await installation.remove();
    await platform.stop();
  });
  const held = async () => (await platform.operator.lastValue(positionMessage, ["SPY"]))?.data.quantity ?? 0;

  it("risk check prints every check with its figures and margin, and places nothing", async () => {
    const approved = await installation.run("risk", "check", "buy", "11", "spy", "--limit", "99.5");
    expect(approved.output).toContain("buy 11 SPY limit, an entry: would be approved. Nothing was placed.");
    expect(approved.output).toMatch(/POSITION_LIMIT +passes +[\d.]+ USD left +order=1094/);
    expect(approved.code).toBe(0);
    const denied = await installation.run("risk", "check", "buy", "4000", "SPY");
    expect(denied.output).toMatch(/ORDER_NOTIONAL +DENIES +[\d.]+ USD beyond/);
    expect(denied.code).toBe(1);
    const exit = await installation.run("risk", "check", "sell", "10", "SPY");
    expect(exit.output).toContain("an exit: would be approved");
    expect(await platform.orders()).toHaveProperty("size", 1);
  });

  it("pdt tells the rule, why, what is used and what is left", async () => {
    const { code, output } = await installation.run("pdt");
    expect(output).toMatch(/^Rule in force: (intraday-margin|pattern-day-trader) \(/);
    expect(output).toMatch(/(Used in five business days: \d of 3|Made in five business days: \d\.)/);
    expect(output).toMatch(/2026-03-10 +(\d|unlimited)/);
    expect(code).toBe(0);
  });

  it.each([
    [["halt"], "--reason"],
    [["risk", "check", "hold", "1", "SPY"], "a side is buy or sell"],
    [["risk", "check", "buy", "1.5", "SPY"], "whole number of shares"],
    [["risk", "check", "buy", "1", "SPY", "--limit", "0"], "above zero"],
    [["risk", "check", "buy", "1", "SPY", "--strategy", "No Name"], "strategy: lower-case"],
  ])("%j is a wrong command line: ends with 2 and names the part", async (args, words) => {
    const { code, output } = await installation.run(...args);
    expect(output).toContain(words);
    expect(code).toBe(2);
  });

  it("flatten closes what is held, resume is refused for a cause that nobody knows, and passes without one", async () => {
    await eventually("something is held", async () => (await held()) > 0);
    const flatten = await installation.run("flatten", "--reason", "enough for today");
    expect(flatten.output).toContain("You are told when the account is flat");
    expect(flatten.code).toBe(0);
    await eventually("nothing is held", async () => (await held()) === 0);
    expect(await platform.ask(platform.intent("while-reducing"))).toMatchObject({ outcome: "denied" });
    const refused = await installation.run("resume", "--reason", "again", "--override", "MOOD");
    expect(refused.output).toContain("MOOD is no cause");
    expect(refused.code).toBe(1);
    await eventually(
      "the close-out is over, and a resume passes",
      async () => (await installation.run("resume", "--reason", "again")).code === 0,
    );
    expect(await platform.ask(platform.intent("resumed"))).toMatchObject({ outcome: "approved" });
  });

  it("halt stops exits too, reduce lets them pass", async () => {
    await eventually("something is held again", async () => (await held()) > 0);
    expect((await installation.run("halt", "--reason", "test")).code).toBe(0);
    const exit = (id: string) => platform.ask(platform.intent(id, { side: "sell", quantity: 1 }));
    expect(await exit("exit-halted")).toMatchObject({ outcome: "denied" });
    expect((await installation.run("reduce", "--reason", "test")).code).toBe(0);
    expect(await exit("exit-reducing")).toMatchObject({ outcome: "approved" });
  });

  it("each of these changes was told once", async () => {
    const told = () => platform.discord.accepted.flatMap(({ embeds }) => embeds.map(({ title }) => title ?? ""));
    await eventually("the last change is told", async () => told().some((title) => title.includes("halted")));
    const halts = told().filter((title) => title.includes("Trading is halted"));
    expect(halts).toEqual(["🔴 Trading is halted, set by operator"]);
  });

  it("notifier test sends a message to Discord, strategy reload reads the gameplan again", async () => {
    const { code, output } = await installation.run("notifier", "test", "--reason", "do you hear me?");
    expect(output).toMatch(/^Delivered: Discord's message \d+\.$/m);
    expect(code).toBe(0);
    expect(platform.discord.accepted.map(({ body }) => body).join()).toContain("do you hear me?");
    expect((await installation.run("strategy", "reload")).code).toBe(0);
  });
});
