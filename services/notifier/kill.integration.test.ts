import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Bus, readBatch } from "#libs/bus/mod.ts";
import { deliveryMessage } from "#libs/contracts/mod.ts";
import { type FakeDiscord, startFakeDiscord } from "../../cli/demo/discord/mod.ts";
import { eventually, startBus, type TestBus } from "../../tests/harness/bus.ts";

let platform: TestBus;
let discord: FakeDiscord;
let risk: Bus;
let child: ChildProcess | undefined;
let output = "";

beforeEach(async () => {
  platform = await startBus();
  discord = await startFakeDiscord({ perWebhook: { requests: 5, windowMs: 200 }, perChannel: null });
  risk = await platform.connect("risk");
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await discord.stop();
  await platform.stop();
});

function run(): ChildProcess {
  const process_ = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    cwd: platform.dataDir,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: platform.dataDir,
      NATS_PORT: String(platform.port),
      DISCORD_WEBHOOK_URL: discord.webhookUrl,
      LOG_LEVEL: "trace",
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  process_.stdout?.on("data", (chunk) => (output += String(chunk)));
  process_.stderr?.on("data", (chunk) => (output += String(chunk)));
  return process_;
}

const criticals = () => discord.accepted.flatMap(({ content }) => content.match(/alert \d+/g) ?? []);

it("a kill -9 in the middle of a delivery loses no alert, and repeats at most the one in flight", async () => {
  child = run();
  for (let index = 0; index < 12; index += 1) {
    await risk.alert({ severity: "critical", code: "TEST_ALERT", title: `alert ${index}`, text: "", fields: [] });
  }
  await eventually("some are delivered", () => criticals().length >= 3, 60_000);
  child.kill("SIGKILL");
  await once(child, "exit");
  const before = criticals().length;
  expect(before).toBeLessThan(12);
  child = run();
  await eventually("all are delivered", () => new Set(criticals()).size === 12, 60_000);

  const expected = Array.from({ length: 12 }, (_, index) => `alert ${index}`);
  // Once each and in order, but for the one whose receipt the kill may have cut off.
  const all = criticals();
  const repeated = all.length === 13 ? all.toSpliced(before, 1) : all;
  expect(repeated).toEqual(expected);

  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  expect(code).toBe(0);
  const token = new URL(discord.webhookUrl).pathname.split("/").at(-1) ?? "";
  expect(output).toContain('"ready"');
  expect(output).not.toContain(token);
});

it("an outbox whose consumer was lost ends the process at once, and the next start repeats nothing", async () => {
  const alert = (title: string) =>
    risk.alert({ severity: "critical", code: "TEST_ALERT", title, text: "", fields: [] });
  child = run();
  for (const title of ["alert 0", "alert 1"]) await alert(title);
  const operator = await platform.connect("operator");
  const receipts = async () => {
    const messages = await readBatch(operator, "ALERTS", 1);
    return messages.filter(({ subject }) => subject === deliveryMessage.subject()).length;
  };
  await eventually("both have a receipt", async () => (await receipts()) >= 2);
  const exited = once(child, "exit");
  const setup = await platform.connect("setup");
  await setup.connection.request("$JS.API.CONSUMER.DELETE.ALERTS.notifier", "", { timeout: 15_000 });
  await platform.crash();
  const [code] = (await exited) as [number | null];
  expect(code).not.toBe(0);
  await alert("alert 2");
  child = run();
  await eventually("the next is delivered", () => criticals().includes("alert 2"));
  expect(criticals()).toEqual(["alert 0", "alert 1", "alert 2"]);
});
