// The fake Discord as a process of its own. Prints one JSON line when it listens, then one for each message it takes:
//   {"event":"ready","port":45017,"webhookUrl":"http://127.0.0.1:45017/api/webhooks/..."}
//   {"event":"message","id":"...","content":"...","embeds":[...]}
// `GET /fake/messages` gives all of them.
import { parseArgs } from "node:util";
import { startFakeDiscord } from "./mod.ts";

const { values } = parseArgs({ options: { port: { type: "string" } } });
const text = values.port ?? process.env.FAKE_DISCORD_PORT ?? "0";
const port = Number(text);
if (!/^\d+$/.test(text) || port > 65_535) {
  console.error(
    `--port (or FAKE_DISCORD_PORT) is "${text}": expected a TCP port from 1 to 65535, or 0 for a free one.`,
  );
  process.exit(78);
}

const discord = await startFakeDiscord({
  port,
  onAccepted: ({ id, content, embeds }) => say({ event: "message", id, content, embeds }),
}).catch((error: unknown) => {
  console.error(
    `The fake Discord cannot listen on 127.0.0.1:${port}: ${String(error)}. Free the port or give another.`,
  );
  process.exit(78);
});
say({ event: "ready", port: discord.port, webhookUrl: discord.webhookUrl });
process.send?.("ready");

const stop = () => {
  void discord.stop().then(() => process.exit(0));
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
process.on("message", (message) => {
  if (message === "shutdown") stop();
});

function say(line: object): void {
  console.log(JSON.stringify(line));
}
