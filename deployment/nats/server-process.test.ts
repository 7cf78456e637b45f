import { Server } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { claimPort } from "../../tests/harness/port.ts";
import { NatsServerStartError } from "./errors.ts";
import { type ServerProcess, waitUntilListening } from "./server-process.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("never listens itself while it waits for a server: that would find its own port taken, and end", async () => {
  const listens = vi.spyOn(Server.prototype, "listen");
  const port = await claimPort();
  listens.mockClear();
  const server: ServerProcess = {
    pid: process.pid,
    exited: new Promise(() => undefined),
    stop: () => server.exited,
    kill: () => server.exited,
    complaints: [],
  };
  await expect(waitUntilListening(server, port, "ours", 300)).rejects.toThrow(NatsServerStartError);
  expect(listens).not.toHaveBeenCalled();
});
