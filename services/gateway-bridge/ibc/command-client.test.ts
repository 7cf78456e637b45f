import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { claimPort } from "../../../tests/harness/port.ts";
import { askIbc } from "./command-client.ts";
import { type FakeIbc, type FakeIbcOptions, startFakeIbc } from "./testing/command-server.ts";

let ibc: FakeIbc | undefined;
afterEach(async () => {
  await ibc?.close();
  ibc = undefined;
});
async function fake(options: FakeIbcOptions = {}): Promise<FakeIbc> {
  ibc = await startFakeIbc(options);
  return ibc;
}

describe("a command to IBC", () => {
  it("is one line, and the answer is IBC's own words", async () => {
    const { port, commands } = await fake();
    expect(await askIbc("RESTART", port)).toEqual({ outcome: "done", detail: "IBC said: RESTART at 04:31 PM" });
    expect(commands).toEqual(["RESTART"]);
  });

  it.each(["RECONNECTDATA", "RECONNECTACCOUNT"] as const)("takes the empty OK of %s", async (command) => {
    const { port } = await fake();
    expect(await askIbc(command, port)).toEqual({ outcome: "done", detail: "IBC said OK" });
  });

  it.each(["IBC", "IBC:OK? ", "> "])("finds the answer behind the prompt %o and information", async (prompt) => {
    const { port } = await fake({ prompt, info: true, chunk: 3 });
    expect((await askIbc("RECONNECTDATA", port)).outcome).toBe("done");
    expect((await askIbc("RESTART", port)).detail).toContain("RESTART at 04:31 PM");
  });

  it("says that one is under way when IBC refuses the second restart", async () => {
    const { port } = await fake();
    await askIbc("RESTART", port);
    const second = await askIbc("RESTART", port);
    expect(second.outcome).toBe("refused");
    expect(second.detail).toContain("under way");
  });

  it("names the update when IBC does not know the command", async () => {
    const { port } = await fake({ knows: ["STOP", "ENABLEAPI", "EXIT"] });
    const answer = await askIbc("RECONNECTDATA", port);
    expect(answer.outcome).toBe("refused");
    expect(answer.detail).toMatch(/does not know the command: update it/);
  });

  it("names the setting when the port is closed", async () => {
    const port = await claimPort();
    const answer = await askIbc("RESTART", port);
    expect(answer.outcome).toBe("unreachable");
    expect(answer.detail).toContain(`CommandServerPort=${port}`);
    expect(answer.detail).toContain("ECONNREFUSED");
  });

  it("names ControlFrom when IBC turns it away", async () => {
    const { port } = await fake({ admits: false });
    const answer = await askIbc("RESTART", port);
    expect(answer.outcome).toBe("unanswered");
    expect(answer.detail).toContain("ControlFrom");
  });

  it("gives up on an IBC that does not answer, and does not claim that nothing happened", async () => {
    const { port, commands } = await fake({ mute: true });
    const answer = await askIbc("RECONNECTACCOUNT", port, { connectMs: 3000, answerMs: 100 });
    expect(commands).toEqual(["RECONNECTACCOUNT"]);
    expect(answer).toMatchObject({ outcome: "unanswered" });
    expect(answer.detail).toContain("not known");
  });

  it("gives up on a program that is not IBC, whatever it sends", async () => {
    const stranger = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.write("\u0000\u0007x".repeat(5000));
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const address = stranger.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const answer = await askIbc("RESTART", port);
    stranger.close();
    expect(answer.outcome).toBe("unanswered");
    expect(answer.detail).toContain("does not speak like IBC");
    expect(answer.detail).toMatch(/^[\x20-\x7e]*$/);
  });
});
