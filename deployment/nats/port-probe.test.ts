import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { claimPort } from "../../tests/harness/port.ts";
import { parseFirstLine, probePort } from "./port-probe.ts";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(greeting: string): Promise<number> {
  const port = await claimPort();
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(greeting);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return port;
}

describe("knocking at a port", () => {
  it("finds nobody", async () => {
    expect(await probePort(await claimPort())).toEqual({ kind: "free" });
  });

  it("knows a NATS server by its first line", async () => {
    const port = await listen(`INFO {"server_name":"a","version":"2.15.1","jetstream":true}\r\n`);
    expect(await probePort(port)).toEqual({ kind: "nats", serverName: "a", version: "2.15.1", jetstream: true });
  });

  it("says what else answers", async () => {
    expect(await probePort(await listen("SSH-2.0-x\r\n"))).toEqual({ kind: "foreign", greeting: "SSH-2.0-x" });
  });

  it("does not wait for ever for somebody who keeps silent", async () => {
    expect(await probePort(await listen(""))).toEqual({ kind: "foreign", greeting: "" });
  });

  it("keeps garbage out of the message", () => {
    const answer = parseFirstLine(`\u0000\u001b[31m${"x".repeat(500)}`);
    expect(answer).toEqual({ kind: "foreign", greeting: `??[31m${"x".repeat(54)}` });
    expect(parseFirstLine("INFO {broken}")).toMatchObject({ kind: "foreign" });
    expect(parseFirstLine(`INFO {"server_name":1}`)).toMatchObject({ kind: "foreign" });
  });
});
