import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("runs as a process: says where it listens, then each message it takes, and stops when asked", async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./main.ts", import.meta.url)), "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const ready = JSON.parse((await lines.next()).value ?? "") as { event: string; port: number; webhookUrl: string };
    expect(ready).toMatchObject({ event: "ready", port: expect.any(Number) });
    const response = await fetch(`${ready.webhookUrl}?wait=true`, {
      method: "POST",
      headers: { "user-agent": "DiscordBot (https://example.invalid, 1)" },
      body: JSON.stringify({ content: "hello" }),
    });
    expect(response.status).toBe(200);
    expect(JSON.parse((await lines.next()).value ?? "")).toMatchObject({ event: "message", content: "hello" });
    const all = await fetch(`http://127.0.0.1:${ready.port}/fake/messages`);
    expect(await all.json()).toMatchObject([{ content: "hello" }]);
  } finally {
    child.kill("SIGTERM");
  }
  expect((await once(child, "exit"))[0]).toBe(0);
});
