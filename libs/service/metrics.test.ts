import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";

/** A service that has a second and a half to do yet when PM2 goes: figures are sent once a second. */
const SERVICE = `
  const { Metrics } = await import(process.argv[1]);
  const metrics = new Metrics();
  metrics.show({ orders: 1 });
  process.on("disconnect", () => setTimeout(() => process.exit(0), 1500));
  process.on("message", () => undefined);
`;

it("sends PM2 the figures, and lets the process stop in its own time when PM2 is gone", async () => {
  const args = ["--input-type=module", "-e", SERVICE, new URL("./metrics.ts", import.meta.url).href];
  const service = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let complaints = "";
  service.stderr?.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const [message] = await once(service, "message");
  expect(message).toMatchObject({ type: "axm:monitor", data: { orders: { value: 1 } } });
  const exited = once(service, "exit");
  service.disconnect();
  const [code] = await exited;
  expect(code, complaints).toBe(0);
});
